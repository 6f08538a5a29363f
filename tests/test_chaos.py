"""The short form of tests/chaos.py, which kills trainings at random moments."""

import pytest
from chaos import chaos


@pytest.mark.parametrize("mode", ["teacher", "odd", "lora"])
def test_a_training_survives_being_killed(mode, model_dir, tmp_path):
    seen = chaos(mode, 2, model_dir, tmp_path, seed=1)
    assert seen["kills"] >= 2
    assert seen["in a save"] >= 1
    assert seen["failures"] == []
