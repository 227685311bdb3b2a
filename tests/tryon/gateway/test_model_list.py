"""The gateway's list of models, in whatever shape and spelling it comes."""

import pytest

from tryon.gateway.model_list import CatalogueModel, parse_model_list


def listed(**row) -> CatalogueModel:
    (model,) = parse_model_list({"data": [{"id": "google/a", **row}]})
    return model


@pytest.mark.parametrize("spelling", ["supportedOperations", "supported_operations", "operations"])
def test_the_operations_are_read_in_each_spelling(spelling):
    assert listed(**{spelling: ["IMAGES_GENERATIONS", 7]}).operations == {"IMAGES_GENERATIONS"}


def test_the_canonical_name_is_the_one_to_use():
    assert listed(canonicalId="google/b").id == "google/b"


def test_prices_are_kept_by_size_in_millionths_of_a_dollar():
    rows = [
        {"operation": "IMAGES_GENERATIONS", "metric": "IMAGE_512", "unit": "image", "priceUsd": "0.045"},
        {"operation": "IMAGES_GENERATIONS", "metric": "image 1k", "unit": "image", "priceUsd": 0.067},
        {"metric": "IMAGE_2K", "priceUsd": "0.1010004"},
        {"metric": "IMAGE_2K", "priceUsd": "0.09"},
        {"operation": "CHAT", "metric": "request", "priceUsd": "9"},
        {"operation": "IMAGES_GENERATIONS", "metric": "INPUT_TOKENS", "unit": "1M", "priceUsd": "2.5"},
        {"metric": "IMAGE_512", "priceUsd": "free"},
        {"metric": "IMAGE_512", "priceUsd": "-1"},
        {"metric": "IMAGE_512", "priceUsd": "NaN"},
        {"metric": "IMAGE_512"},
        "0.01",
    ]
    assert listed(primaryPricingRows=rows).prices == {"512": 45_000, "1K": 67_000, "2K": 101_000}
    assert listed(primaryPricingRows=[{"priceUsd": "0.05"}]).prices == {"": 50_000}
    assert listed(primaryPricingRows="0.05").prices == {}


@pytest.mark.parametrize("answer", [None, 7, [], {}, {"data": None}, {"data": {}}, {"data": {"data": 3}}, {"data": [1, {}, {"id": 5}]}])  # fmt: skip  # noqa: E501
def test_a_list_that_cannot_be_read_is_empty(answer):
    assert parse_model_list(answer) == []


def test_a_retired_model_is_known_with_its_replacement():
    gone = listed(isRetired=True, replacementModel="google/b")
    assert (gone.is_retired, gone.replacement) == (True, "google/b")
    assert listed().is_retired is False
    assert (listed(is_retired=True).is_retired, listed(replacementModel=7).replacement) == (True, "")
