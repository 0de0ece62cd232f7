import math


def geodesic_distance_grad(lat1, lon1, lat2, lon2):
    """Gradient of geodesic_distance (functions.py:197) with respect to lat1, lon1."""
    # forward sweep
    phi1 = math.radians(lat1)
    phi2 = math.radians(lat2)
    dphi = phi2 - phi1
    dlam = math.radians(lon2 - lon1)
    t = dphi / 2
    t_1 = math.sin(t)
    t_2 = math.cos(phi2)
    t_3 = math.cos(phi1) * t_2
    t_4 = dlam / 2
    t_5 = math.sin(t_4)
    t_6 = t_5 ** 2
    h = t_1 ** 2 + t_3 * t_6
    t_7 = math.sqrt(h)
    # reverse sweep
    # return 2.0 * 6371.0 * math.asin(math.sqrt(h))
    h_bar = 6371.0 / math.sqrt(1.0 - t_7 * t_7) / (t_7 or math.inf)
    # h = math.sin(dphi / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(dlam / 2) ** 2
    dlam_bar = h_bar * t_3 * (2.0 * t_5) * math.cos(t_4) / 2
    dphi_bar = h_bar * (2.0 * t_1) * math.cos(t) / 2
    # dlam = math.radians(lon2 - lon1)
    lon1_bar = -(math.pi * dlam_bar / 180.0)
    # dphi = phi2 - phi1
    phi1_bar = -(h_bar * t_6 * t_2 * math.sin(phi1)) - dphi_bar
    # phi1, phi2 = math.radians(lat1), math.radians(lat2)
    lat1_bar = math.pi * phi1_bar / 180.0
    return lat1_bar, lon1_bar
