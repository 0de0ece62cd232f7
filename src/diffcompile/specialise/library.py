"""Builtins in terms of the language itself: the specialiser inlines these like any function of the user's."""

from __future__ import annotations

import copy
from typing import Any

from diffcompile import dynamic


def sum_items(items: Any, start: Any = 0) -> Any:
    total = start
    for item in items:
        total = total + item
    return total


def smaller(x: Any, y: Any) -> Any:
    return y if y < x else x


def larger(x: Any, y: Any) -> Any:
    return y if y > x else x


def smallest(items: Any) -> Any:
    best = items[0]
    for k in range(1, len(items)):
        if items[k] < best:
            best = items[k]
    return best


def largest(items: Any) -> Any:
    best = items[0]
    for k in range(1, len(items)):
        if items[k] > best:
            best = items[k]
    return best


def first(items: Any) -> Any:
    for item in items:
        return item
    raise StopIteration


def first_or(items: Any, default: Any) -> Any:
    for item in items:
        return item
    return default


def attribute_or(item: Any, name: Any, default: Any) -> Any:
    try:
        return getattr(item, name)
    except AttributeError:
        return default


def has_attribute(item: Any, name: Any) -> Any:
    try:
        getattr(item, name)
    except AttributeError:
        return False
    return True


def until(function: Any, sentinel: Any) -> Any:
    while True:
        item = function()
        if item == sentinel:
            return
        yield item


def any_true(items: Any) -> Any:
    for item in items:  # noqa: SIM110 - this is `any`
        if item:
            return True
    return False


def all_true(items: Any) -> Any:
    for item in items:  # noqa: SIM110 - this is `all`
        if not item:
            return False
    return True


def contained(items: Any, wanted: Any) -> Any:
    for item in items:  # noqa: SIM110 - this is `in`
        if item == wanted:
            return True
    return False


def held(items: Any, wanted: Any) -> Any:
    for item in items:  # noqa: SIM110 - this is `in` of a list
        if item is wanted or item == wanted:
            return True
    return False


def index_of(items: Any, wanted: Any) -> Any:
    for k in range(len(items)):
        if items[k] is wanted or items[k] == wanted:
            return k
    raise ValueError("the value is not in the list")


def count_of(items: Any, wanted: Any) -> Any:
    count = 0
    for item in items:
        if item is wanted or item == wanted:
            count += 1
    return count


def remove_held(items: Any, wanted: Any) -> None:
    items.pop(index_of(items, wanted))


def same_items(items: Any, others: Any) -> Any:
    if len(items) != len(others):
        return False
    for item, other in zip(items, others, strict=False):  # noqa: SIM110 - this is `==` of lists
        if not (item is other or item == other):
            return False
    return True


def with_others(named: Any, options: Any, own: Any) -> Any:
    found = {}
    for name in named:
        found[name] = named[name]
    for name in options:
        if name not in own:
            found[name] = options[name]
    return found


def counted(start: Any, step: Any) -> Any:
    number = start
    while True:
        yield number
        number += step


def listed(items: Any) -> Any:
    result = []
    for item in items:
        result.append(item)
    return result


def ordered(items: Any, backwards: Any) -> Any:
    values = listed(items)
    return [values[k] for k in dynamic.ascending(values, backwards)]


def ordered_by(items: Any, key: Any, backwards: Any) -> Any:
    values = listed(items)
    return [values[k] for k in dynamic.ascending([key(value) for value in values], backwards)]


def first_by(items: Any, key: Any, largest_first: Any) -> Any:
    values = listed(items)
    return values[dynamic.extreme_position([key(value) for value in values], largest_first)]


def reduced(function: Any, items: Any) -> Any:
    values = listed(items)
    total = values[0]
    for k in range(1, len(values)):
        total = function(total, values[k])
    return total


def reduced_from(function: Any, items: Any, start: Any) -> Any:
    total = start
    for item in items:
        total = function(total, item)
    return total


def filtered(function: Any, items: Any) -> Any:
    for item in items:
        if function(item):
            yield item


def true_items(items: Any) -> Any:
    for item in items:
        if item:
            yield item


def mapped_over(function: Any, *columns: Any) -> Any:
    for row in zip(*columns):  # noqa: B905 - map stops with the shortest, too
        yield function(*row)


def accumulated(items: Any, function: Any) -> Any:
    total: Any
    started = False
    for item in items:
        total = function(total, item) if started else item  # noqa: F821 - assigned in the first trip
        started = True
        yield total


def paired(items: Any) -> Any:
    previous: Any
    started = False
    for item in items:
        if started:
            yield previous, item  # noqa: F821 - assigned in the trip before
        previous = item
        started = True


def column(rows: Any, number: Any) -> Any:
    return [row[number] for row in rows]


def joined(first: Any, rest: Any) -> Any:
    result = listed(first)
    for item in rest:
        result.append(item)
    return result


def numbered(items: Any, start: Any) -> Any:
    number = start
    for item in items:
        yield number, item
        number += 1


def placed(items: Any, place: Any) -> Any:
    """Return an item by its number, of anything that is gone over by number: the specialiser finds it."""
    raise NotImplementedError


def zipped_around(before: Any, items: Any, after: Any, first: Any, last: Any) -> Any:
    """Go over a generator beside ``first`` items that do not change, and ``last`` others."""
    place = 0
    if first is None or first > 0:
        for item in items:
            if last is not None and place >= last:
                break
            yield (*placed(before, place), item, *placed(after, place))
            place += 1
            if first is not None and place >= first:
                break


def zipped_after(before: Any, items: Any, after: Any, first: Any, last: Any) -> Any:
    """As ``zipped_around``; the generator may write to what is read before it."""
    place = 0
    if first > 0:
        ahead = placed(before, 0)
        for item in items:
            if last is not None and place >= last:
                break
            yield (*ahead, item, *placed(after, place))
            place += 1
            if place >= first:
                break
            ahead = placed(before, place)


def star_mapped(function: Any, rows: Any) -> Any:
    for row in rows:
        yield function(*row)


def sliced_lazily(items: Any, start: Any, stop: Any, step: Any) -> Any:
    place = 0
    wanted = start
    if stop is None or stop > 0:
        for item in items:
            if place == wanted:
                wanted += step
                yield item
            place += 1
            if stop is not None and place >= stop:
                break


def sliced(items: Any, where: Any) -> Any:
    return listed(items)[where]


def item_or(items: Any, place: Any, count: Any, filler: Any) -> Any:
    return placed(items, place) if place < count else filler


def taken_while(condition: Any, items: Any) -> Any:
    for item in items:
        if not condition(item):
            break
        yield item


def dropped_while(condition: Any, items: Any) -> Any:
    dropping = True
    for item in items:
        if dropping and condition(item):
            continue
        dropping = False
        yield item


def smallest_or(items: Any, default: Any) -> Any:
    values = listed(items)
    return smallest(values) if len(values) > 0 else default


def largest_or(items: Any, default: Any) -> Any:
    values = listed(items)
    return largest(values) if len(values) > 0 else default


def chained(*parts: Any) -> Any:
    for part in parts:
        yield from part


def flattened(parts: Any) -> Any:
    for part in parts:
        yield from part


def remove_value(items: Any, value: Any) -> None:
    items.pop(items.index(value))


def remove_slice(items: Any, where: Any) -> None:
    for k in dynamic.descending_positions(where, len(items)):
        items.pop(k)


def clear_list(items: Any) -> None:
    for _ in range(len(items)):
        items.pop()


def refill(items: Any, values: Any) -> None:
    for k in range(len(items)):
        items[k] = values[k]


def reverse_list(items: Any) -> None:
    refill(items, items[::-1])


def sort_list(items: Any, backwards: Any) -> None:
    refill(items, ordered(items, backwards))


def sort_list_by(items: Any, key: Any, backwards: Any) -> None:
    refill(items, ordered_by(items, key, backwards))


def store_slice(items: Any, where: Any, values: Any) -> None:
    fresh = listed(values)
    start, count = dynamic.contiguous(where, len(items))
    for _ in range(count):
        items.pop(start)
    for k in range(len(fresh)):
        items.insert(start + k, fresh[k])


def store_strided(items: Any, where: Any, values: Any) -> None:
    fresh = listed(values)
    places = dynamic.positions(where, len(items), len(fresh))
    for k in range(len(fresh)):
        items[places[k]] = fresh[k]


def mapped(function: Any, items: Any) -> Any:
    for item in items:
        yield function(item)


def dict_get(mapping: Any, key: Any, default: Any = None) -> Any:
    return mapping[key] if key in mapping else default


def empty_dict() -> Any:
    return {}


def make_missing(mapping: Any, key: Any, factory: Any) -> None:
    if key not in mapping:
        mapping[key] = factory()


def empty_list() -> Any:
    return []


def append_right(items: Any, value: Any) -> None:
    list.append(items, value)


def append_right_bounded(items: Any, value: Any, limit: Any) -> None:
    list.append(items, value)
    if len(items) > limit:
        items.pop(0)


def append_left(items: Any, value: Any) -> None:
    list.insert(items, 0, value)


def append_left_bounded(items: Any, value: Any, limit: Any) -> None:
    list.insert(items, 0, value)
    if len(items) > limit:
        items.pop()


def extend_right(items: Any, values: Any) -> None:
    for value in values:
        append_right(items, value)


def extend_right_bounded(items: Any, values: Any, limit: Any) -> None:
    for value in values:
        append_right_bounded(items, value, limit)


def rotate(items: Any, steps: Any) -> None:
    count = len(items)
    if count > 0:
        refill(items, [items[(k - steps) % count] for k in range(count)])


def deep_list(items: Any) -> Any:
    return [copy.deepcopy(item) for item in items]


def deep_dict(mapping: Any) -> Any:
    result = {}
    for key in mapping:
        result[key] = copy.deepcopy(mapping[key])
    return result


def update_from_mapping(mapping: Any, other: Any) -> None:
    for key in other:
        mapping[key] = other[key]


def update_from_pairs(mapping: Any, pairs: Any) -> None:
    for key, value in pairs:
        mapping[key] = value


def copied_dict(mapping: Any) -> Any:
    result = {}
    for key in mapping:
        result[key] = mapping[key]
    return result


def set_default(mapping: Any, key: Any, default: Any) -> Any:
    if key not in mapping:
        mapping[key] = default
    return mapping[key]


def pop_item(mapping: Any, key: Any) -> Any:
    value = mapping[key]
    del mapping[key]
    return value


def pop_item_or(mapping: Any, key: Any, default: Any) -> Any:
    if key in mapping:
        value = mapping[key]
        del mapping[key]
        return value
    return default


def pop_last_item(mapping: Any) -> Any:
    key = dynamic.keys(mapping)[-1]
    value = mapping[key]
    del mapping[key]
    return key, value


def clear_dict(mapping: Any) -> None:
    for key in dynamic.keys(mapping):
        del mapping[key]
