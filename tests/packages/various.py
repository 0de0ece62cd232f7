"""Smaller packages of many fields: prices, ratings, signals, curves and lattices."""

from __future__ import annotations

import numpy as np

from packages.registry import program

GRID = np.linspace(0.5, 2.0, 7)
WAVE = np.sin(3.0 * GRID)
ATOMS = np.array([[0.1, 0.4, -0.2], [0.5, 0.3, 0.9], [1.0, -0.2, 0.3], [-0.4, 0.1, 0.7]])
MOVED = ATOMS @ np.array([[0.9, 0.3, 0.0], [-0.3, 0.9, 0.1], [0.0, 0.1, 1.0]]) + 0.05 * np.sin(
    np.arange(12.0).reshape(4, 3)
)


@program("mibian", 52.0, 20.0, argnums=(0, 1))
def option_and_its_greeks():
    import mibian

    def total(price, volatility):
        option = mibian.BS([price, 50.0, 1.0, 30.0], volatility=volatility)
        return option.callPrice + option.putPrice + option.callDelta + option.vega + option.callTheta

    return total


@program("pysabr", 0.03, -0.2, argnums=(0, 1))
def smile():
    from pysabr import Hagan2002LognormalSABR

    return lambda strike, rho: Hagan2002LognormalSABR(
        f=0.025, shift=0.01, t=2.0, v_atm_n=0.004, beta=0.5, rho=rho, volvol=0.4
    ).lognormal_vol(strike)


@program("pysabr", 0.03, 0.2, argnums=(0, 1), rtol=1e-5)
def volatility_by_minimising():
    from pysabr import black

    return lambda strike, vol: black.shifted_lognormal_to_normal(strike, 0.025, 0.01, 2.0, vol)


@program("nelson_siegel_svensson", GRID, 0.03, 1.2, argnums=(0, 1, 2))
def yield_curve():
    from nelson_siegel_svensson import NelsonSiegelSvenssonCurve

    def total(times, level, decay):
        curve = NelsonSiegelSvenssonCurve(level, 0.02, -0.01, 0.03, decay, 4.0)
        return np.sum(curve(times) ** 2) + np.sum(curve.forward(times))

    return total


@program("glicko2", 1500.0, 200.0, argnums=(0, 1))
def rating_after_games():
    import glicko2

    def after(rating, deviation):
        player = glicko2.Player(rating=rating, rd=deviation, vol=0.06)
        player.update_player([1400.0, 1550.0, 1700.0], [30.0, 100.0, 300.0], [1, 0, 0])
        return player.rating + player.rd

    return after


@program("allantools", np.cumsum(np.sin(np.arange(40.0) ** 2)))
def stability_of_a_clock():
    import allantools

    return lambda phase: np.sum(allantools.adev(phase, taus=[1, 2, 4])[1]) + np.sum(
        allantools.oadev(phase, taus=[1, 2])[1]
    )


@program("padasip", np.sin(np.arange(24.0)).reshape(8, 3), np.cos(np.arange(8.0)), argnums=(0, 1))
def adaptive_filter():
    import padasip

    def run(x, d):
        _, errors, weights = padasip.filters.FilterRLS(n=3, mu=0.9, w="zeros").run(d, x)
        return np.sum(errors**2) + np.sum(weights)

    return run


@program("rmsd", ATOMS, MOVED, argnums=(0, 1))
def rotated_onto_each_other():
    import rmsd

    return lambda p, q: rmsd.kabsch_rmsd(p - rmsd.centroid(p), q - rmsd.centroid(q)) + rmsd.quaternion_rmsd(p, q)


@program("similaritymeasures", np.stack([GRID, WAVE], 1), np.stack([GRID, WAVE**2], 1), argnums=(0, 1))
def distance_of_curves():
    import similaritymeasures

    return lambda a, b: similaritymeasures.frechet_dist(a, b) + similaritymeasures.dtw(a, b)[0]


@program("svgpathtools", 0.3, 1.2, argnums=(0, 1))
def path_of_complex_numbers():
    from svgpathtools import CubicBezier, QuadraticBezier

    def total(a, b):
        cubic = CubicBezier(0j, a + 1j, b + 0.5j, 2 + 0j)
        point = cubic.point(0.3)
        quadratic = QuadraticBezier(0j, complex(a, b), 2 + 0j)
        return point.real**2 + point.imag + abs(cubic.derivative(0.2)) + quadratic.curvature(0.3) + quadratic.length()

    return total


@program("s2sphere", 30.0, 40.0, argnums=(0, 1))
def points_of_a_sphere():
    import s2sphere

    def total(latitude, longitude):
        place = s2sphere.LatLng.from_degrees(latitude, longitude)
        other = s2sphere.Point(0.1, 0.2, 0.3)
        point = place.to_point()
        far = place.get_distance(s2sphere.LatLng.from_degrees(10.0, 20.0)).degrees
        return far + point.cross_prod(other).norm() + (point + other * 2.0).normalize()[0]

    return total


@program("euclid3", 0.3, 0.4, argnums=(0, 1))
def vectors_and_rotations():
    import euclid3

    def total(a, b):
        v, w = euclid3.Vector3(a, b, 1.0), euclid3.Vector3(0.2, 0.4, a)
        turned = euclid3.Quaternion.new_rotate_axis(a, euclid3.Vector3(0.0, 0.6, 0.8)) * v
        moved = euclid3.Matrix4.new_rotatey(a) * euclid3.Point3(1.0, b, 2.0)
        return v.cross(w).magnitude() + v.dot(w) + turned.x + v.angle(w) + v.normalized().y + moved.z

    return total


@program("skaero", 2.0, 1.3, argnums=(0, 1))
def shock_wave():
    from skaero.gasdynamics.isentropic import IsentropicFlow
    from skaero.gasdynamics.shocks import NormalShock

    def total(mach, gamma):
        shock, flow = NormalShock(mach, gamma), IsentropicFlow(gamma)
        return shock.M_2 + shock.p2_p1 + flow.p_p0(mach) + flow.A_Astar(mach)

    return total


@program("deap", GRID)
def landscapes():
    from deap import benchmarks

    return lambda x: sum(
        f(x)[0] for f in (benchmarks.ackley, benchmarks.rastrigin, benchmarks.rosenbrock, benchmarks.griewank)
    )
