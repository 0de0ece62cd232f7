"""What NumPy has and CuPy 14.2 lacks: functions, keywords, methods."""

LACKING = frozenset(
    [
    "asmatrix", "block", "bmat", "busday_count", "busday_offset", "datetime_as_string", "datetime_data",
    "einsum_path", "frompyfunc", "fromregex", "geomspace", "histogram_bin_edges", "insert", "is_busday",
    "isnat", "matvec", "nanpercentile", "nanquantile", "nested_iters", "polyder", "polydiv", "polyint",
    "spacing", "unstack", "vecmat", "linalg.diagonal", "linalg.matrix_norm", "linalg.multi_dot", "linalg.outer",
    "linalg.svdvals", "linalg.tensordot", "linalg.trace", "linalg.vecdot", "linalg.vector_norm",
]
)  # fmt: skip

_REDUCING = ("initial", "where")
LACKING_KEYWORDS = {
    **dict.fromkeys(("sum", "prod", "max", "min", "amax", "amin", "nansum", "nanprod", "nanmax", "nanmin"), _REDUCING),
    **dict.fromkeys(("mean", "nanmean", "any", "all"), ("where",)),
    **dict.fromkeys(("var", "std", "nanvar", "nanstd"), ("where", "mean", "correction")),
    **dict.fromkeys(("sort", "partition", "argpartition"), ("order", "stable")),
    "argsort": ("order", "stable"),
    "broadcast_to": ("subok",),
    "broadcast_arrays": ("subok",),
    "clip": ("min", "max"),
    "copy": ("subok",),
    "count_nonzero": ("keepdims",),
    "percentile": ("weights",),
    "quantile": ("weights",),
    "reshape": ("shape",),
    "take": ("mode",),
    "trim_zeros": ("axis",),
    "unique": ("sorted",),
}

LACKING_METHODS = frozenset(
    [
    "__array_interface__", "__array_namespace__", "__array_struct__", "__array_wrap__", "__contains__",
    "__imatmul__", "__index__", "__setstate__", "ctypes", "getfield", "resize", "setfield", "setflags",
    "to_device",
]
)  # fmt: skip
