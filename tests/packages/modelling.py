"""Models of data: line shapes, test functions, games, fuzzy sets, risk, evaporation."""

from __future__ import annotations

import numpy as np

from packages.registry import program

X = np.array([0.1, 0.7, 1.2, 1.9, 2.6])


@program("lmfit", X, 2.0, 1.1, 0.6, 0.3, argnums=(0, 1, 2, 3, 4))
def line_shapes():
    from lmfit import lineshapes as ls

    def total(x, amplitude, center, sigma, q):
        return np.sum(
            ls.gaussian(x, amplitude, center, sigma)
            + ls.lorentzian(x, amplitude, center, sigma)
            + ls.breit_wigner(x, amplitude, center, sigma, q)
            + ls.pearson7(x, amplitude, center, sigma, 1.4)
            + ls.damped_oscillator(x, amplitude, center, sigma)
            + ls.lognormal(x, amplitude, center, sigma)
        )

    return total


@program("lmfit", 2.0, 1.1, 0.6, argnums=(0, 1, 2))
def skewed_lines():
    from lmfit import lineshapes as ls

    def total(amplitude, center, sigma):
        return np.sum(
            ls.pvoigt(X, amplitude, center, sigma, 0.3)
            + ls.skewed_gaussian(X, amplitude, center, sigma, 0.2)
            + ls.expgaussian(X, amplitude, center, sigma, 0.7)
            + ls.doniach(X, amplitude, center, sigma, 0.1)
            + ls.thermal_distribution(X, amplitude, center - 3.0, sigma)
            + ls.split_lorentzian(X, amplitude, center, sigma, 0.5)
        )

    return total


@program("lmfit", 2.0, 1.1, 0.6, argnums=(0, 1, 2))
def voigt_profile():
    from lmfit import lineshapes as ls

    return lambda amplitude, center, sigma: np.sum(ls.voigt(X, amplitude, center, sigma, 0.3))


@program("lmfit", 2.0, 1.1, 0.6, argnums=(0, 1, 2))
def model_object():
    from lmfit.models import GaussianModel, LinearModel

    model = GaussianModel() + LinearModel()

    def residual(amplitude, center, sigma):
        fitted = model.eval(x=X, amplitude=amplitude, center=center, sigma=sigma, slope=0.3, intercept=0.1)
        return np.sum((fitted - 0.5) ** 2)

    return residual


@program("pingouin", np.array([1.0, 2.2, 2.9, 4.1, 5.3]), np.array([2.3, 3.8, 4.1, 6.6, 7.0]), argnums=(0, 1))
def effect_size():
    import pingouin

    def size(x, y):
        return pingouin.compute_effsize(x, y, eftype="cohen") + pingouin.compute_effsize(
            x, y, eftype="hedges"
        )

    return size


@program("pingouin", 0.45)
def effect_size_conversion():
    import pingouin

    def convert(d):
        r = pingouin.convert_effsize(d, "cohen", "pointbiserialr")
        return (
            r
            + pingouin.convert_effsize(d, "cohen", "hedges", nx=10, ny=12)
            + pingouin.convert_effsize(r, "pointbiserialr", "cohen")
        )

    return convert


@program("pingouin", np.array([0.2, 1.1, 0.4, 2.2]), 1.3, argnums=(0, 1))
def circular_mean():
    from pingouin import circ_mean, circ_r

    return lambda angles, w: circ_mean(angles, w=np.array([1.0, 2.0, 1.0, 1.0])) * w + circ_r(angles)


@program("SALib", np.array([[0.1, 0.5, 0.9], [1.2, -0.4, 0.3]]))
def ishigami():
    from SALib.test_functions import Ishigami

    return lambda x: np.sum(Ishigami.evaluate(x))


@program("SALib", np.array([[0.1, 0.6, 0.9, 0.3, 0.2, 0.7, 0.15, 0.45]]))
def sobol_g():
    from SALib.test_functions import Sobol_G

    return lambda x: np.sum(Sobol_G.evaluate(x))


@program("SALib", np.random.default_rng(0).uniform(size=(3, 15)))
def oakley():
    from SALib.test_functions import oakley2004

    rng = np.random.default_rng(1)
    A, M = rng.normal(size=(3, 15)), rng.normal(size=(15, 15))
    return lambda x: np.sum(oakley2004.evaluate(x, A, M))


@program("SALib", np.array([0.4, 2.3, 0.35, 2.0, 0.02, 0.98]))
def lake_problem():
    from SALib.test_functions import lake_problem

    def total(x):
        a, q, b = x[:3]
        return float(np.sum(lake_problem.lake_problem(0.2, a=a, q=q, b=b, eps=0.01)))

    return total


@program("pymoo", np.array([[0.3, -0.4, 0.7]]))
def test_problems():
    from pymoo.problems import get_problem

    ackley, rastrigin, rosenbrock = (
        get_problem(name, n_var=3) for name in ("ackley", "rastrigin", "rosenbrock")
    )

    def total(x):
        found = [problem.evaluate(x)[0, 0] for problem in (ackley, rastrigin, rosenbrock)]
        return found[0] + found[1] + found[2]

    return total


@program("pymoo", np.array([[0.3, 0.4, 0.7]]))
def test_problem_inside():
    from pymoo.problems.single import Ackley, Griewank, Zakharov

    problems = [Ackley(n_var=3), Zakharov(n_var=3), Griewank(n_var=3)]

    def total(x):
        value = 0.0
        for problem in problems:
            out = {}
            problem._evaluate(x, out)
            value = value + np.sum(out["F"])
        return value

    return total


@program("pymoo", np.array([[0.3, 0.4, 0.7, 0.2]]))
def pareto_problems():
    from pymoo.problems.many import DTLZ2
    from pymoo.problems.multi import ZDT1, ZDT3

    one, three, two = ZDT1(n_var=4), ZDT3(n_var=4), DTLZ2(n_var=4, n_obj=2)

    def total(x):
        value = 0.0
        for problem in (one, three, two):
            out = {}
            problem._evaluate(x, out)
            value = value + np.sum(out["F"])
        return value

    return total


@program(
    "nashpy",
    np.array([[3.0, 1.0], [0.5, 2.0]]),
    np.array([0.3, 0.7]),
    np.array([0.6, 0.4]),
    argnums=(0, 1, 2),
)
def utilities_of_a_game():
    import nashpy

    def utility(matrix, row, column):
        game = nashpy.Game(matrix, -matrix.T)
        return game[row, column][0] + 0.5 * game[row, column][1]

    return utility


@program(
    "nashpy",
    np.array([[0.0, -1.0, 1.3], [1.0, 0.2, -1.0], [-1.0, 1.0, 0.0]]),
    np.array([0.5, 0.3, 0.2]),
    argnums=(0, 1),
)
def replicator_derivative():
    from nashpy.learning.replicator_dynamics import get_derivative_of_fitness

    return lambda A, x: np.sum(get_derivative_of_fitness(x, 0.0, A) ** 2)


@program(
    "nashpy",
    np.array([[0.0, -1.0, 1.3], [1.0, 0.2, -1.0], [-1.0, 1.0, 0.0]]),
    np.array([0.5, 0.3, 0.2]),
    argnums=(0, 1),
    rtol=1e-4,
)
def replicator_dynamics():
    from nashpy.learning.replicator_dynamics import replicator_dynamics

    return lambda A, y0: np.sum(replicator_dynamics(A, y0, np.linspace(0.0, 1.0, 5))[-1] ** 2)


@program("skfuzzy", X + 0.03, 1.2, 0.5, argnums=(0, 1, 2))
def membership():
    import skfuzzy as fuzz

    def total(x, mean, width):
        smooth = fuzz.gaussmf(x, mean, width) + fuzz.gbellmf(x, width, 2.0, mean) + fuzz.sigmf(x, mean, 3.0)
        return np.sum(smooth + fuzz.trimf(x, [0.0, mean, 3.0]) + fuzz.trapmf(x, [0.0, width, mean, 3.0]))

    return total


@program("skfuzzy", np.array([0.1, 0.7, 0.9, 0.3, 0.05]))
def defuzzified():
    import skfuzzy as fuzz

    return lambda mf: fuzz.centroid(X, mf) + fuzz.defuzz(X, mf, "centroid") + fuzz.defuzz(X, mf, "bisector")


RETURNS = np.array([0.01, -0.02, 0.03, 0.005, -0.011, 0.02])


@program("empyrical", RETURNS)
def performance():
    import empyrical

    def figures(returns):
        return (
            empyrical.sharpe_ratio(returns)
            + empyrical.annual_volatility(returns)
            + empyrical.cum_returns_final(returns)
            + empyrical.downside_risk(returns)
        )

    return figures


@program("empyrical", RETURNS, RETURNS[::-1] * 1.3, argnums=(0, 1))
def alpha_and_beta():
    import empyrical

    return lambda r, f: empyrical.beta(r, f) + empyrical.alpha(r, f) + empyrical.max_drawdown(r)


@program("pyet", 12.0, 99.0, 0.9, argnums=(0, 1, 2))
def penman_parts():
    from pyet import meteo_utils

    def total(t, pressure, ea):
        e0 = meteo_utils.calc_e0(t)
        rho = meteo_utils.calc_rho(pressure, t, ea)
        gamma = meteo_utils.calc_psy(pressure, t)
        return (e0 - ea) * rho * gamma + meteo_utils.calc_vpc(t) + meteo_utils.calc_lambda(t)

    return total


@program("abel", 10.0, 3.0, argnums=(0, 1))
def abel_pair():
    from abel.tools import math as abel_math
    from abel.tools.polar import cart2polar, polar2cart

    def total(x, y):
        r, theta = cart2polar(x, y)
        return polar2cart(r * 1.1, theta + 0.1)[0] + abel_math.gaussian(x, 2.0, 9.0, 1.5, 0.1)

    return total


@program("abel", np.array([0.1, 0.4, 1.0, 0.8, 0.5, 0.2, 0.1]))
def abel_transform():
    from abel.direct import direct_transform

    return lambda profile: np.sum(direct_transform(profile, backend="python") ** 2)


@program("abel", np.array([[0.1, 0.4, 1.0, 0.8, 0.5, 0.2, 0.1]] * 2))
def hansen_law():
    from abel.hansenlaw import hansenlaw_transform

    return lambda image: np.sum(hansenlaw_transform(image) ** 2)
