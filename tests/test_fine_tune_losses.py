"""How likely what should be said is: the numbers of whole logits, without whole logits."""

from __future__ import annotations

import pytest

pytest.importorskip("trl")

import torch

from fine_tune import losses
from fine_tune.losses import score_answers
from fine_tune.model import learnt, open_to_learn
from tests.tiny_models import tiny_internvl, tiny_onevision
from tests.trained_models import FULL, LORA, a_stage

CPU = torch.device("cpu")


@pytest.fixture(scope="module", params=[tiny_internvl, tiny_onevision])
def folder(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("model"))


def a_batch():
    ids = torch.arange(10, 58).view(2, 24)
    labels = ids.clone()
    labels[0, :15] = labels[1, :4] = labels[1, 20:] = -100
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}, labels


@pytest.mark.parametrize("at_once", [2**25, 1])
@pytest.mark.parametrize("how", [FULL, LORA])
def test_answers_are_as_likely_and_gradients_the_same_as_by_whole_logits(folder, how, at_once, monkeypatch):
    monkeypatch.setattr(losses, "AT_ONCE", at_once)
    stage = a_stage(trains={"language": how, "projector": FULL}, adapter={"rank": 4, "dropout": 0.0})
    network = open_to_learn(folder, stage, CPU).network.train()
    given, labels = a_batch()
    logits = network(**given).logits[:, :-1]
    logs = logits.log_softmax(-1)
    known = labels[:, 1:] != -100
    right = logs.gather(-1, labels[:, 1:].clamp(min=0)[..., None])[..., 0] * known
    (right * torch.arange(23)).sum().backward()
    gradients = {name: one.grad.clone() for name, one in learnt(network) if one.grad is not None}
    network.zero_grad()
    score_answers(network.get_base_model() if how == LORA else network, more=True)
    told = network(**given, labels=labels, fused_lm_head=True)
    torch.testing.assert_close(told.log_probs, right, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(told.entropy, -(logs.exp() * logs).sum(-1) * known, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(told.mean_logits, logits.mean(-1) * known, rtol=1e-5, atol=1e-5)
    assert torch.equal(told.is_top1, (logits.argmax(-1) == labels[:, 1:]) & known)
    assert torch.equal(told.label_mask, known)
    (told.log_probs * torch.arange(23)).sum().backward()
    after = {name: one.grad for name, one in learnt(network) if one.grad is not None}
    assert after.keys() == gradients.keys()
    for name, one in gradients.items():
        torch.testing.assert_close(after[name], one, rtol=1e-4, atol=1e-6 * max(1.0, float(one.abs().max())), msg=name)
    torch.testing.assert_close(network(**given).logits[:, :-1], logits)  # asked as ever, it answers as ever


def test_no_more_logits_stand_in_memory_than_told_and_none_of_what_is_not_learnt(folder, monkeypatch):
    network = open_to_learn(folder, a_stage(trains={"language": FULL}), CPU).network.train()
    score_answers(network)
    given, labels = a_batch()
    words = network.lm_head.weight.shape[0]
    monkeypatch.setattr(losses, "AT_ONCE", 5 * words)
    shapes, kept = [], []
    network.lm_head.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape)))

    def keep(tensor):
        kept.append(tensor.shape[-1] if tensor.ndim == 2 and tensor.dtype == torch.float32 else 0)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        told = network(**given, labels=labels, fused_lm_head=True)
    assert shapes == [(5, words)] * 5
    assert words not in kept
    told.log_probs.sum().backward()
    assert shapes == [(5, words)] * 10


def test_a_batch_without_anything_to_learn_has_a_gradient_of_nothing(folder):
    network = open_to_learn(folder, a_stage(trains={"language": FULL}), CPU).network.train()
    score_answers(network)
    given, labels = a_batch()
    told = network(**given, labels=torch.full_like(labels, -100), fused_lm_head=True)
    told.log_probs.sum().backward()
    assert not network.lm_head.weight.grad.any()
