from diffcompile.dynamic import zeros_like


def trajectory_grad(v, dt, steps):
    """Gradient of trajectory (functions.py:119) with respect to v."""
    # forward sweep
    positions = [0.0]
    t = 9.81 * dt
    for _ in range(steps):
        v -= t
        positions.append(positions[-1] + dt * v)
    t = range(len(positions))
    # reverse sweep
    positions_bar = zeros_like(positions)
    for i in t:
        # forward sweep
        p = positions[i]
        # reverse sweep
        # total += p * p
        p_bar = 2.0 * p
        positions_bar[i] += p_bar
    v_bar = 0.0
    for _ in reversed(range(steps)):
        # positions.append(positions[-1] + dt * v)
        t = positions_bar.pop()
        v_bar += t * dt
        positions_bar[-1] += t
    return v_bar
