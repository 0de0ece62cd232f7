"""Filters, attitude, control, finance, statistics."""

from __future__ import annotations

import numpy as np

from packages.registry import function, program


@program("filterpy", 0.1, 0.5, argnums=(0, 1))
def kalman_filter():
    from filterpy.kalman import KalmanFilter

    def likelihood(q, r):
        kf = KalmanFilter(dim_x=2, dim_z=1)
        kf.F = np.array([[1.0, 1.0], [0.0, 1.0]])
        kf.H = np.array([[1.0, 0.0]])
        kf.P = kf.P * 10.0
        kf.R = kf.R * r
        kf.Q = q * np.eye(2)
        total = 0.0
        for z in [1.0, 2.1, 2.9, 4.2]:
            kf.predict()
            kf.update(z)
            total += kf.log_likelihood
        return total

    return likelihood


@program("filterpy", np.array([0.1, 0.9]), 0.5, argnums=(0, 1))
def kalman_functions():
    from filterpy.kalman import predict, update

    def estimate(x, r):
        p = np.eye(2)
        f, h = np.array([[1.0, 0.5], [0.0, 1.0]]), np.array([[1.0, 0.0]])
        for z in (1.0, 1.7, 2.2):
            x, p = predict(x, p, f, 0.01)
            x, p = update(x, p, z, r, h)
        return x[1] + p[0, 0]

    return estimate


@program("filterpy", 0.8, 0.2, argnums=(0, 1))
def g_h_filter():
    from filterpy.gh import GHFilter

    def final(g, h):
        tracker = GHFilter(x=0.0, dx=1.0, dt=1.0, g=g, h=h)
        for z in (1.2, 1.9, 3.3):
            tracker.update(z)
        return tracker.x * tracker.dx

    return final


@program("filterpy", 1.0, 0.3, argnums=(0, 1))
def runge_kutta():
    from filterpy.common import runge_kutta4

    def final(y, rate):
        for k in range(5):
            y = runge_kutta4(y, 0.1 * k, 0.1, lambda y, x: -rate * y * y + x)
        return y

    return final


@program("pykalman", 0.7, 0.4, argnums=(0, 1), long=True)
def smoother_likelihood():
    from pykalman import KalmanFilter

    def likelihood(a, r):
        model = KalmanFilter(
            transition_matrices=np.array([[1.0, a], [0.0, 1.0]]),
            observation_matrices=np.array([[1.0, 0.0]]),
            observation_covariance=np.array([[r]]),
        )
        return model.loglikelihood(np.array([[1.0], [1.4], [2.3]]))

    return likelihood


@program("ahrs", np.array([0.1, 0.2, -0.1]), np.array([0.3, 0.5, 9.6]), argnums=(0, 1))
def madgwick():
    from ahrs.filters import Madgwick

    attitude = Madgwick()

    def tilt(gyr, acc):
        q = np.array([1.0, 0.0, 0.0, 0.0])
        for _ in range(4):
            q = attitude.updateIMU(q, gyr, acc)
        return q[1] - q[2]

    return tilt


@program("ahrs", np.array([0.1, 0.2, -0.1]), np.array([0.3, 0.5, 9.6]), argnums=(0, 1))
def mahony():
    from ahrs.filters import Mahony

    def tilt(gyr, acc):
        attitude = Mahony(k_P=1.0, k_I=0.3)
        q = np.array([1.0, 0.0, 0.0, 0.0])
        for _ in range(3):
            q = attitude.updateIMU(q, gyr, acc)
        return q[1] - q[2]

    return tilt


@program("ahrs", np.array([0.7, 0.1, 0.2, 0.3]), np.array([0.2, 0.5, -0.3, 0.9]), argnums=(0, 1))
def quaternion_product():
    from ahrs.common.orientation import q_prod

    def part(p, q):
        return q_prod(p, q)[2]

    return part


@program("simple_pid", 1.5, 0.4, 0.05, argnums=(0, 1, 2))
def pid_loop():
    from simple_pid import PID

    def error(kp, ki, kd):
        pid = PID(kp, ki, kd, setpoint=1.0, sample_time=None)
        y, total = 0.0, 0.0
        for _ in range(12):
            u = pid(y, dt=0.1)
            y = y + 0.1 * (u - y)
            total += (1.0 - y) ** 2
        return total

    return error


@program("control", np.array([1.0, 2.0]), np.array([1.0, 0.4, 2.0]), argnums=(0, 1))
def transfer_function():
    import control

    def gain(numerator, denominator):
        return np.abs(control.tf(numerator, denominator)(1.3j))

    return gain


function("numpy_financial:fv", 0.05 / 12, 120.0, -100.0, -100.0, argnums=(0, 2, 3))
function("numpy_financial:pmt", 0.075 / 12, 180.0, 200000.0, argnums=(0, 2))


@program("numpy_financial", 0.08, np.array([-40_000.0, 5000.0, 8000.0, 12000.0, 30000.0]), argnums=(0, 1))
def net_present_value():
    import numpy_financial

    def value(rate, flows):
        return numpy_financial.npv(rate, flows)

    return value


@program("numpy_financial", 10.0, 0.0, -3500.0, 10000.0, argnums=(2, 3))
def interest_rate():
    import numpy_financial

    def rate(periods, payment, present, future):
        return numpy_financial.rate(periods, payment, present, future)

    return rate


@program("py_vollib", 100.0, 90.0, 0.5, 0.01, 0.2, argnums=(0, 1, 2, 3, 4))
def option_price():
    from py_vollib.black_scholes import black_scholes

    def price(spot, strike, t, r, sigma):
        return black_scholes("c", spot, strike, t, r, sigma)

    return price


@program("py_vollib", 100.0, 90.0, 0.5, 0.01, 0.2, argnums=(0, 1, 2, 3, 4))
def option_price_in_python():
    from py_vollib.ref_python.black_scholes import black_scholes

    def price(spot, strike, t, r, sigma):
        return black_scholes("p", spot, strike, t, r, sigma)

    return price


@program("py_vollib", 12.1, 100.0, 90.0, 0.5, 0.01, argnums=(0, 1, 2, 3, 4), long=True)
def implied_volatility():
    from py_vollib.black_scholes.implied_volatility import implied_volatility

    def sigma(price, spot, strike, t, r):
        return implied_volatility(price, spot, strike, t, r, "c")

    return sigma


@program("pymannkendall", np.array([1.0, 2.35, 2.1, 4.4, 5.0, 4.9, 7.3]))
def sen_slope():
    from pymannkendall import sens_slope

    def slope(x):
        return sens_slope(x).slope

    return slope


@program("uncertainties", 2.0, 0.1, argnums=(0, 1))
def error_propagation():
    from uncertainties import ufloat

    def deviation(x, s):
        a, b = ufloat(x, s), ufloat(0.5 * x, 0.05)
        return ((a * b + a) / b).std_dev

    return deviation
