import math


def geodesic_distance_grad(lat1, lon1, lat2, lon2):
    """Gradient of geodesic_distance (functions.py:197) with respect to lat1, lon1."""
    # forward sweep
    t = math.radians(lat1)
    phi2 = math.radians(lat2)
    dphi = phi2 - t
    dlam = math.radians(lon2 - lon1)
    t_1 = dphi / 2
    t_2 = math.sin(t_1)
    t_3 = math.cos(phi2)
    t_4 = math.cos(t) * t_3
    t_5 = dlam / 2
    t_6 = math.sin(t_5)
    t_7 = t_6 ** 2
    h = t_2 ** 2 + t_4 * t_7
    t_8 = math.sqrt(h)
    # reverse sweep
    # return 2.0 * 6371.0 * math.asin(math.sqrt(h))
    h_bar = 6371.0 / math.sqrt(1.0 - t_8 * t_8) / t_8
    # h = math.sin(dphi / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(dlam / 2) ** 2
    dlam_bar = h_bar * t_4 * (2.0 * t_6) * math.cos(t_5) / 2
    dphi_bar = h_bar * (2.0 * t_2) * math.cos(t_1) / 2
    # dlam = math.radians(lon2 - lon1)
    lon1_bar = -(math.pi * dlam_bar / 180.0)
    # phi1, phi2 = math.radians(lat1), math.radians(lat2)
    lat1_bar = math.pi * (-(h_bar * t_7 * t_3 * math.sin(t)) - dphi_bar) / 180.0
    return lat1_bar, lon1_bar
