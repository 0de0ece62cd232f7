"""Rotations and rigid motions as arrays."""

from __future__ import annotations

import numpy as np

from packages.registry import program

P, Q = np.array([0.8, 0.1, -0.3, 0.5]), np.array([0.3, -0.2, 0.9, 0.1])
VECTOR = np.array([1.0, -0.5, 2.0])


@program("rowan", P, VECTOR, argnums=(0, 1))
def rotated():
    import rowan

    return lambda q, v: np.sum(rowan.rotate(rowan.normalize(q), v) ** 3)


@program("rowan", P, Q, argnums=(0, 1))
def exponential_and_logarithm():
    import rowan

    return lambda p, q: (
        np.sum(rowan.exp(0.5 * rowan.log(rowan.multiply(p, q))) ** 2) + rowan.norm(rowan.power(p, 3))[()]
    )


@program("rowan", P, Q, argnums=(0, 1))
def interpolated():
    import rowan
    from rowan.interpolate import slerp, squad

    def between(p, q):
        p, q = rowan.normalize(p), rowan.normalize(q)
        return np.sum(slerp(p, q, 0.3) ** 3) + np.sum(squad(p, q, p, q, 0.4))

    return between


@program("rowan", 0.4, 0.2, -0.7, argnums=(0, 1, 2))
def euler_angles():
    import rowan

    def there_and_back(a, b, c):
        q = rowan.from_euler(a, b, c, "xyz", "extrinsic")
        return np.sum(rowan.to_matrix(q) * np.arange(9.0).reshape(3, 3)) + np.sum(
            rowan.to_euler(q, "zyx") ** 2
        )

    return there_and_back


@program("pytransform3d", np.array([0.6, -0.2, 0.7, 1.1]))
def axis_and_angle():
    import pytransform3d.rotations as pr

    def back(a):
        matrix = pr.matrix_from_axis_angle(a)
        return np.sum(matrix * np.arange(9.0).reshape(3, 3)) + np.sum(pr.axis_angle_from_matrix(matrix) ** 3)

    return back


@program("pytransform3d", np.array([0.3, 0.5, -0.4]))
def euler_matrix():
    import pytransform3d.rotations as pr

    def back(e):
        matrix = pr.matrix_from_euler(e, 2, 1, 0, True)
        return np.sum(pr.euler_from_matrix(matrix, 0, 1, 2, False) ** 2) + np.sum(
            pr.quaternion_from_matrix(matrix)
        )

    return back


@program("pytransform3d", P / np.linalg.norm(P), Q / np.linalg.norm(Q), VECTOR, argnums=(2,))
def quaternion_product():
    import pytransform3d.rotations as pr

    return lambda p, q, v: np.sum(pr.q_prod_vector(pr.concatenate_quaternions(p, q), v) ** 3)


@program("pytransform3d", np.array([0.1, 0.4, -0.2, 0.5, 0.3, 0.9]))
def exponential_of_a_screw():
    import pytransform3d.transformations as pt

    def motion(coordinates):
        transform = pt.transform_from_exponential_coordinates(coordinates)
        return np.sum(transform**2 * np.arange(16.0).reshape(4, 4))

    return motion


@program("pytransform3d", np.array([0.1, 0.4, -0.2, 0.5, 0.3, 0.9]))
def logarithm_of_a_motion():
    import pytransform3d.transformations as pt

    def back(coordinates):
        transform = pt.transform_from_exponential_coordinates(coordinates)
        return np.sum(pt.exponential_coordinates_from_transform(pt.invert_transform(transform)) ** 3)

    return back


@program("pytransform3d", np.array([0.4, -0.2, 0.5]))
def jacobian_of_a_rotation():
    import pytransform3d.rotations as pr

    return lambda omega: np.sum(pr.left_jacobian_SO3(omega) ** 2) + np.sum(pr.left_jacobian_SO3_inv(omega))


@program("pytransform3d", np.array([[0.9, 0.2, -0.1], [-0.15, 1.1, 0.3], [0.0, -0.2, 1.0]]))
def nearest_rotation():
    import pytransform3d.rotations as pr

    return lambda matrix: np.sum(pr.norm_matrix(matrix) * np.arange(9.0).reshape(3, 3))
