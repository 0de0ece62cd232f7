"""Rocks, solutions and reactions; the sun from several places; economics, control and statistics; splines."""

from __future__ import annotations

import datetime

import numpy as np

from packages.registry import function, program

# -- chemistry and rocks

function("chempy.properties.water_density_tanaka_2001:water_density", 293.0)


@program("chempy", 298.15)
def water_permittivity():
    from chempy.properties.water_permittivity_bradley_pitzer_1979 import water_permittivity

    return lambda t: water_permittivity(t)


@program("chempy", 298.15)
def water_viscosity():
    from chempy.properties.water_viscosity_korson_1969 import water_viscosity

    return lambda t: water_viscosity(t)


@program("chempy", 0.01, 3e-10, argnums=(0, 1))
def debye_huckel():
    from chempy import debye_huckel as dh

    def total(strength, size):
        return dh.limiting_log_gamma(strength, 2, 0.509) + dh.extended_log_gamma(
            strength, 1, size, 0.509, 3.29e9
        )

    return total


@program("chempy", 1e10, 40e3, 310.0, argnums=(0, 1, 2))
def arrhenius():
    from chempy.arrhenius import ArrheniusParam, arrhenius_equation

    def rate(a, ea, t):
        return np.log(arrhenius_equation(a, ea, t) + ArrheniusParam(a, ea)(t))

    return rate


@program("burnman", 0.9, 3.9, 160.2e9, argnums=(0, 1, 2))
def birch_murnaghan():
    from burnman.eos import birch_murnaghan as bm

    def pressure(x, kprime, bulk):
        params = {"V_0": 11.2e-6, "K_0": bulk, "Kprime_0": kprime, "P_0": 0.0, "G_0": 130e9, "Gprime_0": 2.0}
        volume = 11.2e-6 * x
        found = bm.birch_murnaghan(1.0 / x, params) + bm.bulk_modulus(volume, params)
        return (found + bm.shear_modulus_third_order(volume, params)) / 1e9

    return pressure


@program("burnman", 1500.0, 800.0, argnums=(0, 1))
def debye_and_einstein():
    from burnman.eos import debye, einstein

    def energy(t, theta):
        found = debye.thermal_energy(t, theta, 2) + einstein.thermal_energy(t, theta, 2)
        return found / 1e4 + debye.molar_heat_capacity_v(t, theta, 2)

    return energy


@program("phasepy", 300.0, 0.3, argnums=(0, 1))
def van_der_waals_mixture():
    from phasepy import component, mixture, preos

    water = component(name="water", Tc=647.13, Pc=220.55, Zc=0.229, Vc=55.948, w=0.344861)
    ethanol = component(name="ethanol", Tc=514.0, Pc=61.37, Zc=0.241, Vc=168.0, w=0.643558)
    mix = mixture(water, ethanol)
    mix.kij_cubic(np.array([[0.0, -0.08], [-0.08, 0.0]]))
    eos = preos(mix, "qmr")

    def attraction(t, x):
        a = eos.a_eos(t)
        return np.sum(a) / 1e7 + eos.logfugef(np.array([x, 1.0 - x]), t, 1.0, "L")[0][0]

    return attraction


# -- the sun, seen from several places

WHEN = datetime.datetime(2024, 5, 17, 14, 30)


@program("solarpy", 37.0, 900.0, argnums=(0, 1))
def irradiance():
    from solarpy import beam_irradiance, irradiance_on_plane, theta_z

    def total(lat, h):
        plane = irradiance_on_plane(np.array([0.0, 0.2, -1.0]), h, WHEN, lat)
        return beam_irradiance(h, WHEN, lat) / 1e3 + theta_z(WHEN, lat) + plane / 1e3

    return total


@program("suncalc", -3.7, 40.4, argnums=(0, 1))
def sun_from_a_place():
    from suncalc import get_position

    return lambda lng, lat: get_position(WHEN, lng, lat)["altitude"] + get_position(WHEN, lng, lat)["azimuth"]


@program("pysolar", 42.2, -71.4, argnums=(0, 1))
def altitude():
    from pysolar.solar import get_altitude, get_azimuth

    when = WHEN.replace(tzinfo=datetime.UTC)
    return lambda lat, lng: get_altitude(lat, lng, when) + 0.1 * get_azimuth(lat, lng, when)


@program("pyorbital", 15.6, 58.6, argnums=(0, 1))
def zenith_angle():
    from pyorbital import astronomy

    when = np.datetime64(WHEN)
    return lambda lon, lat: astronomy.sun_zenith_angle(when, lon, lat) + astronomy.cos_zen(when, lon, lat)


@program("pygeodesy", 52.2, 0.1, 48.9, 2.4, argnums=(0, 1, 2, 3))
def distances():
    from pygeodesy import formy

    def total(a, b, c, d):
        return formy.haversine(a, b, c, d) / 1e5 + formy.euclidean(a, b, c, d) / 1e5

    return total


@program("pygeodesy", 52.2, 0.1, 48.9, 2.4, argnums=(0, 1, 2, 3))
def spherical_distance():
    from pygeodesy.sphericalTrigonometry import LatLon

    return lambda a, b, c, d: LatLon(a, b).distanceTo(LatLon(c, d)) / 1e5


@program("pygeodesy", 52.2, 0.1, 48.9, 2.4, argnums=(0, 1, 2, 3), long=True)
def ellipsoidal_distance():
    from pygeodesy.ellipsoidalVincenty import LatLon

    return lambda a, b, c, d: LatLon(a, b).distanceTo(LatLon(c, d)) / 1e5


# -- quaternions and poses as objects


@program("squaternion", 0.3, -0.4, 0.8, argnums=(0, 1, 2))
def quaternion_of_euler_angles():
    from squaternion import Quaternion

    def back(roll, pitch, yaw):
        q = Quaternion.from_euler(roll, pitch, yaw) * Quaternion(0.5, 0.5, 0.5, 0.5)
        angles = q.to_euler()
        return angles[0] + 2.0 * angles[1] - angles[2] + q.angle + q.to_rot()[0][1]

    return back


@program("spatialmath", 0.3, -0.4, 0.8, argnums=(0, 1, 2))
def rotation_functions():
    import spatialmath.base as smb

    def back(a, b, c):
        matrix = smb.rpy2r(a, b, c)
        return np.sum(smb.tr2rpy(matrix) ** 2) + np.sum(smb.rotx(a) @ smb.roty(b) @ smb.rotz(c))

    return back


@program("spatialmath", 0.3, -0.4, argnums=(0, 1))
def pose_objects():
    from spatialmath import SE3

    def position(a, x):
        pose = SE3.Rx(a) * SE3(x, 2.0, 3.0)
        return np.sum((pose * np.array([1.0, 2.0, 3.0])) ** 2)

    return position


# -- economics, control, statistics


@program("quantecon", np.array([[0.9, 0.1], [0.2, 0.7]]), np.array([[1.0, 0.3], [0.3, 2.0]]), argnums=(0, 1))
def lyapunov():
    from quantecon import solve_discrete_lyapunov

    return lambda a, b: np.sum(solve_discrete_lyapunov(a, b) ** 2)


@program("quantecon", np.array([0.1, 0.4, 0.9, 1.7]))
def gini():
    from quantecon import gini_coefficient, lorenz_curve

    return lambda y: gini_coefficient(y) + np.sum(lorenz_curve(y)[1])


@program("quantecon", 0.9, 0.5, argnums=(0, 1))
def kalman_filter():
    from quantecon import Kalman, LinearStateSpace

    def variance(a, c):
        system = LinearStateSpace(np.array([[a]]), np.array([[c]]), np.array([[1.0]]), np.array([[0.4]]))
        kalman = Kalman(system, np.array([0.2]), np.array([[1.0]]))
        for y in (0.3, 0.5):
            kalman.update(np.array([y]))
        return kalman.x_hat[0, 0] + kalman.Sigma[0, 0]

    return variance


@program("simdkalman", 0.1, 0.3, argnums=(0, 1))
def smoothed_series():
    import simdkalman

    def mean(process, observation):
        model = simdkalman.KalmanFilter(
            state_transition=np.array([[1.0, 1.0], [0.0, 1.0]]),
            process_noise=np.eye(2) * process,
            observation_model=np.array([[1.0, 0.0]]),
            observation_noise=observation,
        )
        series = np.array([[0.1, 0.5, 0.9, 1.6]])
        return np.sum(model.smooth(series).observations.mean)

    return mean


@program(
    "statsmodels", np.array([0.2, 0.5, 0.9]), np.array([[1.0, 0.3], [1.0, 0.8], [1.0, 1.7]]), argnums=(0, 1)
)
def least_squares():
    from statsmodels.regression.linear_model import OLS

    def fit(y, x):
        result = OLS(y, x).fit()
        return np.sum(result.params) + result.ssr

    return fit


@program("statsmodels", 0.4)
def links_of_families():
    from statsmodels.genmod.families import links

    def total(p):
        return links.Logit()(p) + links.Probit()(p) + links.CLogLog()(p) + links.Logit().inverse(p)

    return total


@program("statsmodels", 0.7, 2.0, argnums=(0, 1))
def robust_norms():
    from statsmodels.robust import norms

    def total(z, c):
        return norms.HuberT(t=c).rho(z) + norms.TukeyBiweight(c=c).rho(z) + norms.LeastSquares().psi(z)

    return total


@program("hydroeval", np.array([1.0, 2.2, 2.9, 4.1]), np.array([1.1, 2.0, 3.3, 3.9]))
def efficiencies():
    import hydroeval as he

    return lambda sim, obs: he.nse(sim, obs) + he.kge(sim, obs)[0, 0] + he.rmse(sim, obs) + he.pbias(sim, obs)


@program("antropy", np.array([0.3, 1.2, 0.8, 2.1, 1.7, 0.2, 0.9, 1.4]))
def hjorth():
    import antropy

    def total(x):
        mobility, complexity = antropy.hjorth_params(x)
        return mobility + complexity + antropy.petrosian_fd(x)

    return total


@program("fatpack", np.array([120.0, 200.0, 90.0]), 100.0, argnums=(0, 1))
def fatigue():
    import fatpack

    def damage(ranges, strength):
        curve = fatpack.TriLinearEnduranceCurve(strength)
        return np.sum(1e6 / curve.get_endurance(ranges))

    return damage


# -- splines


@program("splines", [(0.0, 0.0), (1.0, 2.0), (3.0, 1.0), (4.0, 0.5)], 1.3, argnums=(1,))
def catmull_rom():
    import splines

    return lambda points, t: np.sum(
        splines.CatmullRom(np.array(points), endconditions="natural").evaluate(t) ** 2
    )


@program("bspline", 0.37)
def basis():
    import bspline
    from bspline import splinelab

    knots = splinelab.augknt([0.0, 0.3, 0.6, 1.0], 3)
    return lambda x: np.sum(bspline.Bspline(knots, 3)(x) ** 2)


@program("geomdl", [[0.0, 0.0], [1.0, 2.0], [3.0, 1.0], [4.0, 0.5]], 0.4, argnums=(0, 1))
def nurbs_curve():
    from geomdl import BSpline

    def point(points, u):
        curve = BSpline.Curve()
        curve.degree = 2
        curve.ctrlpts = points
        curve.knotvector = [0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0]
        x, y = curve.evaluate_single(u)
        return x * x + y

    return point


@program("geomdl", 0.4)
def basis_functions():
    from geomdl import helpers

    knots = [0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0]

    def total(u):
        values = helpers.basis_function(2, knots, 2, u)
        return values[0] * 2.0 + values[1] ** 2 - values[2] + helpers.basis_function_one(2, knots, 1, u)

    return total


@program("aerosandbox", 3000.0, 0.4, argnums=(0, 1))
def atmosphere():
    import aerosandbox as asb
    from aerosandbox.library import aerodynamics

    def total(altitude, mach):
        air = asb.Atmosphere(altitude=altitude)
        return air.density() + air.temperature() / 100.0 + aerodynamics.Cd_flat_plate_normal() * mach

    return total


@program("aerosandbox", 1.2e5, 0.3, argnums=(0, 1))
def drag_of_a_cylinder():
    from aerosandbox.library.aerodynamics import Cd_cylinder, Cf_flat_plate

    return lambda re, mach: Cd_cylinder(re, mach) + Cf_flat_plate(re, method="hybrid-sharpe-convex")


@program("skrf", 1.3e9, 50.0, argnums=(0, 1))
def microwaves():
    from skrf import mathFunctions as mf
    from skrf.tlineFunctions import skin_depth, zl_2_Gamma0

    return lambda f, z: (
        np.sum(skin_depth(f, 1.7e-8, 1.0)) * 1e6
        + np.sum(np.abs(zl_2_Gamma0(z, 30.0 + 5.0j)))
        + mf.db_2_mag(z / 10.0)
    )
