"""Small packages of many crafts: robots, sound, weather, ratings, options, earthquakes, rotations and statistics."""

from __future__ import annotations

import numpy as np

from packages.registry import program

ANGLES = np.array([0.1, 0.5, -0.3])
SPEEDS = np.array([0.2, 0.4, 0.1])
VECTOR = np.array([0.3, 0.5, 0.8])
SAMPLE = np.array([1.2, 3.1, 0.4, 2.2, 5.1, 4.2, 2.9, 3.3])
SOUND = np.sin(0.21 * np.arange(400.0)) * np.exp(-3e-3 * np.arange(400.0))


@program("modern_robotics", ANGLES, SPEEDS, argnums=(0, 1))
def moves_of_an_arm():
    import modern_robotics

    home = np.array([[-1.0, 0, 0, 0], [0, 1, 0, 6], [0, 0, -1, 2], [0, 0, 0, 1]])
    screws = np.array([[0, 0, 1, 4, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, -1, -6, 0, -0.1]]).T

    def total(angles, speeds):
        reached = modern_robotics.FKinSpace(home, screws, angles)
        return np.sum(reached[:3] ** 2) + np.sum(modern_robotics.JacobianSpace(screws, angles) @ speeds)

    return total


@program("modern_robotics", VECTOR, 0.7, argnums=(0, 1))
def logarithms_of_motions():
    import modern_robotics as robotics

    def total(axis, angle):
        turned = robotics.MatrixExp3(robotics.VecToso3(axis * angle))
        moved = robotics.MatrixExp6(robotics.VecTose3(np.array([axis[0], axis[1], axis[2], 1.0, angle, 3.0])))
        return np.sum(turned**3) + np.sum(robotics.Adjoint(moved)) + np.sum(robotics.MatrixLog6(moved) ** 2)

    return total


@program("blackscholes", 55.0, 50.0, 0.2, argnums=(0, 1, 2))
def all_greeks():
    from blackscholes import BlackScholesCall, BlackScholesPut

    def total(price, strike, volatility):
        call = BlackScholesCall(S=price, K=strike, T=1.0, r=0.02, sigma=volatility, q=0.01)
        put = BlackScholesPut(price, strike, 1.0, 0.02, volatility)
        return sum(put.get_all_greeks().values()) + call.price() + call.vanna()

    return total


@program("blackscholes", 55.0, 0.2, argnums=(0, 1))
def butterfly():
    from blackscholes import BlackScholesButterflyLong

    def total(price, volatility):
        held = BlackScholesButterflyLong(S=price, K1=40.0, K2=50.0, K3=60.0, T=1.0, r=0.02, sigma=volatility)
        return held.price() + held.delta() + held.vega()

    return total


@program("vg", VECTOR, np.array([1.0, 0.2, -0.4]), argnums=(0, 1))
def angles_between_vectors():
    import vg

    def total(a, b):
        apart = vg.angle(a, b) + vg.scalar_projection(a, onto=b) + np.sum(vg.reject(a, from_v=b))
        return apart + vg.magnitude(vg.perpendicular(a, b, normalized=False))

    return total


@program("vg", VECTOR, 0.4, argnums=(0, 1))
def vector_turned_around_an_axis():
    import vg

    def total(vector, angle):
        turned = vg.rotate(vector, vg.basis.z, angle, units="rad")
        return np.sum(turned**3) + vg.signed_angle(vector, vg.basis.x, look=vg.basis.z)

    return total


@program("meteocalc", 25.0, 60.0, argnums=(0, 1))
def dew_point():
    import meteocalc

    return lambda degrees, humidity: meteocalc.dew_point(meteocalc.Temp(degrees, "c"), humidity).f


@program("meteocalc", 95.0, 60.0, argnums=(0, 1))
def heat_index():
    import meteocalc

    return lambda degrees, humidity: meteocalc.heat_index(meteocalc.Temp(degrees, "f"), humidity).c


@program("refet", 1.5, 20.0, 12.0, argnums=(0, 1, 2))
def evapotranspiration():
    import refet

    site = {"uz": 2.0, "zw": 3.0, "elev": 1200.0, "lat": 39.0, "doy": 182}

    def total(vapour, radiation, coldest):
        by_asce = refet.Daily(tmin=coldest, tmax=30.0, ea=vapour, rs=radiation, method="asce", **site)
        by_refet = refet.Daily(tmin=coldest, tmax=30.0, ea=vapour, rs=radiation, method="refet", **site)
        return np.sum(by_asce.etr()) + np.sum(by_refet.eto())

    return total


@program("runstats", SAMPLE)
def statistics_in_one_pass():
    from runstats.core import ExponentialStatistics, Regression, Statistics

    def total(values):
        seen, recent, line = Statistics(), ExponentialStatistics(0.9), Regression()
        for k, value in enumerate(values):
            seen.push(value)
            recent.push(value)
            line.push(float(k), value)
        both = seen + Statistics(list(values[:3]))
        return both.variance() + seen.skewness() + seen.kurtosis() + recent.variance() + line.correlation()

    return total


@program("lmoments3", SAMPLE, rtol=1e-5)
def distribution_by_moments():
    import lmoments3
    from lmoments3 import distr

    def total(values):
        extreme, normal = distr.gev.lmom_fit(values), distr.nor.lmom_fit(values)
        return sum(lmoments3.lmom_ratios(values, nmom=4)) + extreme["c"] * extreme["scale"] + normal["loc"]

    return total


@program("navpy", 40.0, -80.0, 300.0, argnums=(0, 1, 2))
def place_seen_from_another():
    import navpy

    def total(latitude, longitude, height):
        place = navpy.lla2ecef(latitude, longitude, height)
        seen = navpy.lla2ned(latitude, longitude, height, 40.5, -80.3, 0.0)
        return np.sum(place) * 1e-6 + np.sum(seen) * 1e-4 + sum(navpy.ecef2lla(place)) * 1e-2

    return total


@program("navpy", 0.3, 0.2, 0.1, argnums=(0, 1, 2))
def attitude():
    import navpy

    def total(yaw, pitch, roll):
        real, rest = navpy.angle2quat(yaw, pitch, roll)
        return real + np.sum(rest) + np.sum(navpy.angle2dcm(yaw, pitch, roll) ** 3) + sum(navpy.quat2angle(real, rest))

    return total


@program("eqsig", SOUND[:80], 0.05, argnums=(0, 1), rtol=1e-5)
def response_to_an_earthquake():
    import eqsig

    def total(motion, damping):
        record = eqsig.AccSignal(motion, 0.01)
        record.generate_response_spectrum(response_times=np.array([0.3, 0.7]), xi=damping)
        return np.sum(record.s_a) + np.sum(record.s_v)

    return total


@program("python_speech_features", SOUND, rtol=1e-4)
def cepstrum_of_speech():
    from python_speech_features import delta, logfbank, mfcc

    def total(sound):
        features = mfcc(sound, samplerate=8000, nfft=256)
        return np.sum(delta(features, 2) ** 2) + np.sum(features**2) + np.sum(logfbank(sound, 8000, nfft=256))

    return total


@program("pyloudnorm", 100.0, 0.8, argnums=(0, 1))
def equaliser():
    from pyloudnorm import IIRfilter

    def total(frequency, quality):
        return np.sum(IIRfilter(3.0, quality, frequency, 2000, "peaking").apply_filter(SOUND[:50]) ** 2)

    return total


@program("elote", 400.0, 450.0, argnums=(0, 1))
def ratings_by_elo():
    from elote import EloCompetitor

    def total(first, second):
        one, other = EloCompetitor(initial_rating=first), EloCompetitor(initial_rating=second)
        one.beat(other)
        other.beat(one)
        one.tied(other)
        return one.rating + 2.0 * other.rating + one.expected_score(other)

    return total


@program("elote", 400.0)
def ratings_in_an_arena():
    from elote import EloCompetitor, LambdaArena

    def total(rating):
        arena = LambdaArena(
            lambda a, b, attributes=None: a > b,
            base_competitor=EloCompetitor,
            base_competitor_kwargs={"initial_rating": rating},
        )
        arena.matchup("p", "q")
        arena.matchup("q", "r")
        return arena.competitors["p"].rating + arena.expected_score("p", "q")

    return total


@program("hsluv", 0.3, 0.5, 0.8, argnums=(0, 1, 2))
def human_colours():
    import hsluv

    def total(red, green, blue):
        hue, saturation, lightness = hsluv.rgb_to_hsluv((red, green, blue))
        pastel = hsluv.rgb_to_hpluv((red, green, blue))
        return hue + saturation * lightness + pastel[1]

    return total


@program("xirr", 100.0, 60.0, argnums=(0, 1))
def rate_of_return():
    from datetime import date

    from xirr.math import xirr

    return lambda paid, got: xirr({date(2020, 1, 1): -paid, date(2020, 7, 1): got, date(2021, 3, 1): 60.0})
