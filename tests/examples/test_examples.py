"""Each example runs to its end and finds what it says."""

import math

import numpy as np
import pytest


def test_mlp_learns_digits(example, capsys):
    result = example("mlp_digits").main()
    assert result.weights > 330_000
    assert result.worst_error < 1e-7
    assert result.first_loss > 2.0
    assert result.last_loss < 0.1
    assert result.test_accuracy > 0.95
    assert "np.tanh" in result.generated
    assert "test accuracy" in capsys.readouterr().out


def test_mlp_gradient_is_the_one_written_by_hand(example):
    mlp = example("mlp_digits")
    rng = np.random.default_rng(3)
    images, labels, _, _ = mlp.digits(rng)
    images, labels = images[:32], labels[:32]
    params = mlp.initial(rng)
    _, gradient = mlp.value_and_grad(mlp.loss)(params, images, labels)

    layers = [images]
    for weights, bias in params[:-1]:
        layers.append(np.tanh(layers[-1] @ weights + bias))
    odds = np.exp(layers[-1] @ params[-1][0] + params[-1][1])
    signal = odds / odds.sum(axis=1, keepdims=True)
    signal[np.arange(32), labels] -= 1.0
    signal /= 32
    for (weights, _), below, (weights_bar, bias_bar) in zip(
        reversed(params), reversed(layers), reversed(gradient), strict=True
    ):
        np.testing.assert_allclose(weights_bar, below.T @ signal, rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(bias_bar, signal.sum(axis=0), rtol=1e-10, atol=1e-14)
        signal = (signal @ weights.T) * (1.0 - below**2)


def test_diffusion_recovers_the_field(example, capsys):
    result = example("diffusion_inverse").main()
    assert result.unknowns == 256
    assert result.gradient_error < 1e-7
    assert result.last_misfit < 1e-4 * result.first_misfit
    assert result.first_error > 1.0
    assert result.last_error < 0.05
    assert f"{result.evaluations} gradients" in capsys.readouterr().out


def test_projectile_reaches_the_mark(example, capsys):
    projectile = example("projectile")
    result = projectile.main()
    assert result.gradient_error < 1e-6
    assert abs(result.first_place - projectile.MARK) > 1.0
    assert abs(result.last_place - projectile.MARK) < 0.02
    assert 0.0 < result.angle < math.pi / 2
    assert "rests at" in capsys.readouterr().out


def test_triangular_loops_agree_with_closed_forms(example, capsys):
    result = example("triangular_cholesky").main()
    assert result.factor_error < 1e-9
    assert max(result.solution_errors) < 1e-9
    assert max(result.likelihood_errors) < 1e-9
    assert result.untouched
    assert "closed form" in capsys.readouterr().out


def test_triangular_loops_do_what_they_say(example):
    module = example("triangular_cholesky")
    covariance, sample = module.covariance_and_sample(6)
    factor = covariance.copy()
    module.cholesky(factor)
    np.testing.assert_allclose(np.tril(factor), np.linalg.cholesky(covariance), atol=1e-13)
    x = sample.copy()
    module.solve_lower(factor, x)
    np.testing.assert_allclose(np.tril(factor) @ x, sample, atol=1e-12)


def test_predator_prey_fits_through_the_solver_of_scipy(example, capsys):
    result = example("predator_prey").main()
    assert result.gradient_error < 1e-6
    assert result.last_misfit < 0.2 * result.first_misfit
    assert "misfit" in capsys.readouterr().out


def test_deep_gradients_vanish_explode_and_stay(example, tmp_path, capsys):
    deep = example("deep_gradients")
    result = deep.main()
    assert len(result.small) == len(result.large) == len(result.he) == deep.LAYERS
    assert result.small[0] < 1e-15 * result.small[-1]
    assert result.large[0] > 1e10 * result.large[-1]
    assert 0.1 < result.he[0] / result.he[-1] < 10.0
    assert result.overflow.culprit is not None
    printed = capsys.readouterr().out
    assert "vanishes" in printed
    assert "explodes" in printed
    deep.draw(result, tmp_path / "norms.png")
    assert (tmp_path / "norms.png").stat().st_size > 10_000


def test_hyperparameters_follow_the_gradient_of_a_training_loop(example, tmp_path, capsys):
    training = example("unrolled_training")
    result = training.main()
    assert result.gradient_error < 1e-6
    assert result.losses[-1] < 0.7 * result.losses[0]
    assert np.max(result.hyper["penalty"][:3]) < np.median(result.hyper["penalty"][3:])
    assert result.generated.count("def ") == 1
    assert "held-out loss" in capsys.readouterr().out
    training.draw(result, tmp_path / "training.png")
    assert (tmp_path / "training.png").stat().st_size > 10_000


def test_a_renderer_finds_its_picture(example, tmp_path, capsys):
    renderer = example("soft_renderer")
    result = renderer.main(steps=150)
    assert result.gradient_error < 1e-6
    assert np.mean((result.last - result.target) ** 2) < 0.1 * np.mean((result.first - result.target) ** 2)
    assert "renderer" in capsys.readouterr().out
    renderer.draw(result, tmp_path / "scene.png")
    assert (tmp_path / "scene.png").stat().st_size > 10_000


def test_a_network_obeys_its_equation(example, tmp_path, capsys):
    oscillator = example("physics_informed")
    t = np.linspace(0.0, 1.0, 5)
    weights = np.random.default_rng(0).normal(size=3 * 16 + 1 + 16 * 16 + 16)
    step = 1e-4
    ahead, here, behind = (oscillator.u(weights, t + shift) for shift in (step, 0.0, -step))
    second = (ahead - 2 * here + behind) / step**2
    np.testing.assert_allclose(oscillator.acceleration(weights, t), second, rtol=1e-4, atol=1e-4)
    result = oscillator.main(iterations=1500)
    assert result.gradient_error < 1e-6
    assert abs(result.stiffness - oscillator.STIFFNESS) < 0.4
    assert abs(result.damping - oscillator.DAMPING) < 0.2
    assert result.worst < 0.15
    away = np.max(np.abs(result.without_physics - oscillator.truth(result.grid)))
    assert away > 3.0 * result.worst
    assert "damping" in capsys.readouterr().out
    oscillator.draw(result, tmp_path / "fit.png")
    assert (tmp_path / "fit.png").stat().st_size > 10_000


def test_soap_film_by_second_derivatives(example, tmp_path):
    soap_film = example("soap_film")
    result = soap_film.main()
    assert result.unknowns == 4096
    assert result.film_area < 0.9 * result.flat_area
    assert len(result.newton_slopes) < 15
    assert result.newton_slopes[-1] < 1e-12
    assert result.newton_slopes[-1] < 1e-3 * result.newton_slopes[-2]  # quadratic at the end
    assert result.hessian_entries < 8 * result.unknowns
    assert result.cg_products < 3000
    assert result.difference < 1e-6
    pytest.importorskip("matplotlib")
    soap_film.draw(result, tmp_path / "film.png")
    assert (tmp_path / "film.png").stat().st_size > 10_000


def test_soap_film_hessian_is_the_one_by_differences(example):
    soap_film = example("soap_film")
    rim = soap_film.frame(4)
    heights = np.random.default_rng(0).normal(size=(4, 4))
    found = soap_film.hessian(soap_film.area, sparse=True)(heights, rim).toarray()
    slope_of = soap_film.grad(soap_film.area)
    for k in range(16):
        unit = np.zeros((4, 4))
        unit.flat[k] = 1e-5
        column = (slope_of(heights + unit, rim) - slope_of(heights - unit, rim)) / 2e-5
        np.testing.assert_allclose(found[:, k], column.ravel(), atol=1e-8)
