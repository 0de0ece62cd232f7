"""More astronomy, orbits and geodesy: angles as objects, potentials, cosmology."""

from __future__ import annotations

import numpy as np

from packages.registry import function, program


@program("pymeeus", 101.5, 28.2, argnums=(0, 1))
def ecliptical_coordinates():
    from pymeeus.Angle import Angle
    from pymeeus.Coordinates import equatorial2ecliptical

    def place(ra, dec):
        longitude, latitude = equatorial2ecliptical(Angle(ra), Angle(dec), Angle(23.4392911))
        return longitude() + 0.5 * latitude()

    return place


@program("pymeeus", 145.3, 18.4, 148.2, 11.9, argnums=(0, 1, 2, 3))
def separation():
    from pymeeus.Angle import Angle
    from pymeeus.Coordinates import angular_separation

    return lambda a, b, c, d: angular_separation(Angle(a), Angle(b), Angle(c), Angle(d)).rad()


@program("pymeeus", 17.9, 0.967, argnums=(0, 1))
def length_of_an_orbit():
    from pymeeus.Angle import Angle
    from pymeeus.Coordinates import length_orbit, phase_angle, velocity_perihelion

    def total(a, e):
        return (
            length_orbit(e, a)
            + velocity_perihelion(e, a)
            + phase_angle(0.72, a / 20.0, 0.98).rad()
            + Angle(a)()
        )

    return total


@program("pymeeus", [27.0, 28.4, 29.9, 31.2], 28.9, argnums=(0, 1))
def interpolation():
    from pymeeus.Interpolation import Interpolation

    def value(ys, x):
        return Interpolation([26.5, 28.0, 29.5, 31.0], ys)(x)

    return value


@program("pymeeus", [73.0, 38.0, 35.0, 42.0, 78.0], [90.4, 125.3, 161.8, 143.4, 52.5], argnums=(0, 1))
def straight_line_fit():
    from pymeeus.CurveFitting import CurveFitting

    def slope(xs, ys):
        fit = CurveFitting(xs, ys)
        a, b = fit.linear_fitting()
        return a + 0.1 * b + fit.correlation_coeff()

    return slope


@program("pymeeus", 2.31, rtol=1e-4)
def mars_distance():
    from pymeeus.Epoch import Epoch
    from pymeeus.Mars import Mars

    def distance(days):
        _, latitude, r = Mars.geometric_heliocentric_position(Epoch(2448976.5 + days))
        return r + latitude()

    return distance


@program("pymeeus", 2.31, rtol=1e-4)
def moon_distance():
    from pymeeus.Epoch import Epoch
    from pymeeus.Moon import Moon

    def distance(days):
        _, latitude, delta, _ = Moon.geocentric_ecliptical_pos(Epoch(2448724.5 + days))
        return latitude() + delta

    return distance


function("orbit_predictor.angles:ta_to_M", 1.2, 0.3, argnums=(0, 1))


@program("orbit_predictor", 1.2, 0.3, argnums=(0, 1), rtol=1e-4)
def true_anomaly():
    from orbit_predictor.angles import M_to_ta

    return M_to_ta


@program("orbit_predictor", 11067.79, 0.83285, 1.53, argnums=(0, 1, 2))
def state_of_an_orbit():
    from orbit_predictor.keplerian import coe2rv

    def height(p, ecc, inc):
        r, v = coe2rv(398600.44, p, ecc, inc, 3.97, 0.93, 1.6)
        return np.sum(r * v) + np.sum(v)

    return height


@program("orbit_predictor", np.array([6524.8, 6862.8, 6448.2]), np.array([4.9, 5.53, -1.97]), argnums=(0, 1))
def orbital_elements():
    from orbit_predictor.keplerian import rv2coe

    def elements(r, v):
        p, ecc, inc, raan, argp, ta = rv2coe(398600.44, r, v)
        return p / 1e4 + ecc + inc + raan + argp + ta

    return elements


@program("orbit_predictor", 40.0, -75.0, 0.2, argnums=(0, 1, 2))
def earth_fixed():
    from orbit_predictor.coordinate_systems import ecef_to_eci, eci_to_radec, llh_to_ecef

    def angles(lat, lon, height):
        ra, dec, r = eci_to_radec(ecef_to_eci(llh_to_ecef(lat, lon, height), 0.7))
        return ra + dec + r

    return angles


@program("orbit_predictor", (1300.0, -4700.0, 4100.0))
def height_above_the_ellipsoid():
    from orbit_predictor.coordinate_systems import ecef_to_llh

    def place(position):
        lat, lon, h = ecef_to_llh(position)
        return lat + lon + h

    return place


@program("galpy", 1.1, 0.2, argnums=(0, 1))
def miyamoto_nagai_potential():
    from galpy.potential import MiyamotoNagaiPotential

    potential = MiyamotoNagaiPotential(amp=1.0, a=0.5, b=0.0375)
    return lambda R, z: potential(R, z) + potential.Rforce(R, z)


@program("galpy", 1.1, 0.2, argnums=(0, 1))
def milky_way_potential():
    from galpy.potential import LogarithmicHaloPotential, evaluatePotentials

    potential = LogarithmicHaloPotential(normalize=1.0, q=0.8)
    return lambda R, z: evaluatePotentials(potential, R, z)


@program("galpy", 1.1, 0.5, argnums=(0, 1))
def potential_from_parameters():
    from galpy.potential import PlummerPotential

    return lambda R, b: PlummerPotential(amp=1.2, b=b).vcirc(R)


@program("galpy", 8.2, 20.0, 0.3, argnums=(0, 1, 2))
def galactic_coordinates():
    from galpy.util import coords

    def place(ra, dec, d):
        lb = coords.radec_to_lb(ra, dec, degree=True)
        xyz = coords.lbd_to_XYZ(lb[0], lb[1], d, degree=True)
        return xyz[0] + 0.5 * xyz[1] - xyz[2]

    return place


@program("colossus", 0.7)
def comoving_distance():
    from colossus.cosmology import cosmology

    cosmo = cosmology.setCosmology("planck18", persistence="")
    return lambda z: cosmo.Ez(z) + cosmo.Om(z)


@program("colossus", 12.0, 3.1e6, 22.0, argnums=(1, 2))
def nfw_profile():
    from colossus.halo.profile_nfw import NFWProfile

    def mass(r, rhos, rs):
        profile = NFWProfile(rhos=rhos, rs=rs)
        return profile.densityInner(np.array([r, 2.0 * r]))[1] / 1e3 + profile.rho(1e6, 0.3) / 1e3

    return mass


@program("colossus", 2.1)
def halo_bias():
    from colossus.cosmology import cosmology
    from colossus.lss import bias

    cosmology.setCosmology("planck18", persistence="")
    return lambda nu: bias.modelTinker10(nu, 0.0, "200m") + bias.modelSheth01(nu)


@program("colossus", 1.7)
def mass_function():
    from colossus.cosmology import cosmology
    from colossus.lss import mass_function

    cosmology.setCosmology("planck18", persistence="")
    return lambda sigma: mass_function.modelTinker08(sigma, 0.3, "200m") + mass_function.modelPress74(sigma, 0.3)
