"""Astronomy, orbits, geodesy, the atmosphere and the sea, power from sun and wind."""

from __future__ import annotations

import numpy as np

from packages.registry import function, program

function("astral.sun:sun_declination", 0.1234)
function("astral.sun:eq_of_time", 0.1234)
function("astral.sun:refraction_at_zenith", 80.3)
function("skyfield.earthlib:refraction", 10.0, 15.0, 1010.0, argnums=(0, 1, 2))

ELEMENTS = (
    "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
    "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
)


@program("sgp4", 12.5)
def satellite():
    from sgp4.model import Satrec
    from sgp4.propagation import sgp4

    def height(minutes):
        satellite = Satrec.twoline2rv(*ELEMENTS)
        r, _ = sgp4(satellite, minutes)
        return (r[0] ** 2 + r[1] ** 2 + r[2] ** 2) ** 0.5

    return height


@program("sgp4", 0.0007417, 0.9013, argnums=(0, 1))
def satellite_from_elements():
    from sgp4.api import WGS72
    from sgp4.model import Satrec
    from sgp4.propagation import sgp4

    def height(eccentricity, inclination):
        satellite = Satrec()
        satellite.sgp4init(
            WGS72, "i", 5, 18441.785, 2.8098e-05, 6.969196665e-13, 0.0, eccentricity, 0.7, inclination, 1.2, 0.0676, 3.6
        )
        r, _ = sgp4(satellite, 30.0)
        return r[0] + 0.5 * r[1] - r[2]

    return height


@program("PyAstronomy", 1.3, 0.4, argnums=(0, 1))
def kepler_equation():
    from PyAstronomy.pyasl import MarkleyKESolver

    solver = MarkleyKESolver()

    def anomaly(m, e):
        return solver.getE(m, e)

    return anomaly


@program("PyAstronomy", 1.3, 0.4, 30.0, argnums=(0, 1, 2))
def kepler_ellipse():
    from PyAstronomy.pyasl import KeplerEllipse

    def distance(a, e, i):
        orbit = KeplerEllipse(a, 2.0, e=e, Omega=10.0, i=i, w=20.0)
        return orbit.xyzPos(0.7)[0]

    return distance


function("haversine:haversine", (45.7597, 4.8422), (48.8567, 2.3508), argnums=(0, 1))


@program("geographiclib", 41.32, 174.81, 40.96, -5.5, argnums=(0, 1, 2, 3))
def geodesic_distance():
    from geographiclib.geodesic import Geodesic

    def distance(lat1, lon1, lat2, lon2):
        return Geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2)["s12"]

    return distance


@program("geographiclib", 40.6, -73.8, 51.0, 1e6, argnums=(0, 1, 2, 3))
def geodesic_target():
    from geographiclib.geodesic import Geodesic

    def latitude(lat, lon, azimuth, distance):
        return Geodesic.WGS84.Direct(lat, lon, azimuth, distance)["lat2"]

    return latitude


@program("geopy", 41.49, -71.31, argnums=(0, 1))
def great_circle_distance():
    from geopy.distance import great_circle

    def distance(latitude, longitude):
        return great_circle((latitude, longitude), (41.499498, -81.695391)).km

    return distance


@program("utm", 51.2, 7.5, argnums=(0, 1))
def easting():
    import utm

    def project(latitude, longitude):
        return utm.from_latlon(latitude, longitude)[0]

    return project


@program("utm", 395201.3, 5673135.2, argnums=(0, 1))
def latitude():
    import utm

    def unproject(east, north):
        return utm.to_latlon(east, north, 32, "U")[0]

    return unproject


@program("pymap3d", 42.0, -82.0, 200.0, argnums=(0, 1, 2))
def earth_centred():
    import pymap3d

    def x(lat, lon, alt):
        return pymap3d.geodetic2ecef(lat, lon, alt)[0]

    return x


@program("pymap3d", 660930.2, -4701424.0, 4246579.6, argnums=(0, 1, 2))
def from_earth_centred():
    import pymap3d

    def lat(x, y, z):
        return pymap3d.ecef2geodetic(x, y, z)[0]

    return lat


@program("pymap3d", 10.0, 20.0, 12.0, 21.0, argnums=(0, 1, 2, 3))
def vincenty():
    from pymap3d.vincenty import vdist

    def distance(lat1, lon1, lat2, lon2):
        return vdist(lat1, lon1, lat2, lon2)[0]

    return distance


function("thermofeel:calculate_wbt", 300.0, 60.0, argnums=(0, 1))


@program("ambiance", 12000.0)
def standard_air():
    from ambiance import Atmosphere

    def density(h):
        return Atmosphere(h).density[0]

    return density


function("seawater:dens", 35.0, 10.0, 1000.0, argnums=(0, 1, 2))
function("seawater:svel", 35.0, 10.0, 1000.0, argnums=(0, 1, 2))
function("windpowerlib.density:barometric", 100000.0, 10.0, 120.0, 285.0, argnums=(0, 2, 3))
function("windpowerlib.wind_speed:logarithmic_profile", 5.0, 10.0, 120.0, 0.15, argnums=(0, 2, 3))


@program("windpowerlib", np.array([4.0, 6.5, 9.0]), np.array([0.0, 300.0, 900.0, 1500.0]), argnums=(0, 1))
def wind_power():
    from windpowerlib.power_output import power_curve

    def energy(wind, values):
        return np.sum(power_curve(wind, np.array([0.0, 5.0, 8.0, 12.0]), values))

    return energy


@program("pvlib", 800.0, 40.0, argnums=(0, 1))
def solar_cell():
    from pvlib.pvsystem import calcparams_desoto
    from pvlib.singlediode import bishop88

    def power(irradiance, temperature):
        parameters = calcparams_desoto(irradiance, temperature, 0.004, 1.5, 6.0, 1e-9, 300.0, 0.4)
        return bishop88(0.5, *parameters)[2]

    return power


function("pvlib.atmosphere:get_relative_airmass", 60.0)
function("pvlib.temperature:faiman", 800.0, 20.0, 2.0, argnums=(0, 1, 2))
function("pvlib.irradiance:aoi", 20.0, 180.0, 50.0, 160.0, argnums=(0, 1, 2, 3))


@program("pvlib", 39.7, -105.2, argnums=(0, 1))
def sun_position():
    from pvlib import spa

    def elevation(lat, lon):
        found = spa.solar_position_numpy(np.array([1.06e9]), lat, lon, 1830.0, 820.0, 11.0, 67.0, 0.5667, 1)
        return found[2][0]

    return elevation
