"""`models:` of a protocol file -> the models that NTCP[name] and TCP[name] mean; and goals with their models."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rtcheck.dosimetry.metric_terms import LYMAN_MODELS, LymanModel, PoissonModel
from rtcheck.protocol.file.kinds import Entry
from rtcheck.protocol.file.model import Goal
from rtcheck.protocol.language.scanner import did_you_mean, number_text

Model = LymanModel | PoissonModel
_NEEDED = {"LKB": ("n", "m", "td50", "fraction_dose"), "Poisson": ("alpha", "clonogens_per_cc")}
_KINDS: dict[str, type[Model]] = {"NTCP": LymanModel, "TCP": PoissonModel}


def read_models(entries: Iterable[tuple[str, Entry]]) -> tuple[Model, ...]:
    """The models; whatever a model lacks, or has of the other type, is noted as a fault."""
    return tuple(model for name, entry in entries if (model := _model(name, entry)) is not None)


def with_model(goal: Goal, models: Mapping[str, Model]) -> Goal:
    """The goal with the protocol's model of its name; an included one where the protocol has none of that name."""
    if not goal.metric.model_name:
        return goal
    model = models.get(goal.metric.model_name) or LYMAN_MODELS.get(goal.metric.model_name)
    return replace(goal, metric=replace(goal.metric, model=model))


def fault_of_model(goal: Goal, models: Mapping[str, Model]) -> str:
    """What is wrong with the model of a goal: it is not defined, or is of the other type; "" where nothing is."""
    metric = goal.metric
    if not metric.model_name:
        return ""
    if metric.model is None:
        known = (*models, *LYMAN_MODELS)
        how = "" if models else " (how: rtcheck guide protocols)"
        return f'no model "{metric.model_name}" is defined under models{how}{did_you_mean(metric.model_name, known)}'
    kind = _KINDS[metric.kind]
    return "" if isinstance(metric.model, kind) else f'the model "{metric.model_name}" is not one of {metric.kind}'


def model_entry(model: Model) -> dict[str, Any]:
    """A model as a protocol file states it."""
    if isinstance(model, LymanModel):
        values: dict[str, Any] = {
            "type": "LKB", "endpoint": model.endpoint, "n": model.n, "m": model.m, "td50": model.td50_gy,
            "fraction_dose": model.fraction_gy,
        }  # fmt: skip
    else:
        values = {
            "type": "Poisson", "endpoint": model.endpoint, "alpha": model.alpha_per_gy,
            "clonogens_per_cc": model.clonogens_per_cc,
        }  # fmt: skip
    return {**values, "alpha_beta": model.alpha_beta_gy, "source": model.source}


def model_text(model: Model) -> str:
    """The model with its parameters in a clause, for reports."""
    if isinstance(model, LymanModel):
        told = f"LKB, n {_of(model.n)}, m {_of(model.m)}, TD50 {_of(model.td50_gy)} Gy in fractions of "
        told += f"{_of(model.fraction_gy)} Gy"
    else:
        told = f"Poisson, alpha {_of(model.alpha_per_gy)}/Gy, {_of(model.clonogens_per_cc)} clonogens/cc"
    endpoint = f"; {model.endpoint}" if model.endpoint else ""
    return f"{model.name}: {told}, alpha/beta {_of(model.alpha_beta_gy)} Gy{endpoint} ({model.source})"


def _model(name: str, entry: Entry) -> Model | None:
    kind = entry.get("type")
    if kind is None or "alpha_beta" not in entry or "source" not in entry:
        return None
    missing = [key for key in _NEEDED[kind] if key not in entry]
    others = [key for other, keys in _NEEDED.items() if other != kind for key in keys if key in entry]
    for key in missing:
        entry.item.note(f'a model of type {kind} needs "{key}"')
    for key in others:
        entry.item.note(f'"{key}" does not belong to a model of type {kind}')
    if missing or others:
        return None
    shared = {
        "name": name, "endpoint": entry.get("endpoint", ""), "alpha_beta_gy": entry["alpha_beta"],
        "source": entry["source"],
    }  # fmt: skip
    if kind == "LKB":
        return LymanModel(
            n=entry["n"], m=entry["m"], td50_gy=entry["td50"], fraction_gy=entry["fraction_dose"], **shared
        )
    return PoissonModel(alpha_per_gy=entry["alpha"], clonogens_per_cc=entry["clonogens_per_cc"], **shared)


def _of(value: float) -> str:
    return number_text(value)
