"""fairlearn's values of the metrics that evidence recomputes.

Reads from standard input a JSON list of tables, each a list of [tp, fp, fn, tn] by group, and writes the list of their
metrics, name to value. A cell of a table is one row with its count as the weight.
"""

import json
import sys

from fairlearn import metrics
from sklearn.metrics import accuracy_score, precision_score, zero_one_loss

OUTCOMES = [(1, 1), (0, 1), (1, 0), (0, 0)]  # label and prediction of tp, fp, fn, tn
NAMED = [
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
]
RATES = {
    "selection_rate": metrics.selection_rate,
    "true_positive_rate": metrics.true_positive_rate,
    "false_positive_rate": metrics.false_positive_rate,
    "true_negative_rate": metrics.true_negative_rate,
    "false_negative_rate": metrics.false_negative_rate,
    "accuracy_score": accuracy_score,
    "precision_score": precision_score,
    "zero_one_loss": zero_one_loss,
}


def values(table):
    rows = [
        (group, label, prediction, count)
        for group, counts in enumerate(table)
        for (label, prediction), count in zip(OUTCOMES, counts)
    ]
    groups, labels, predictions, weights = map(list, zip(*rows))
    found = {
        name: getattr(metrics, name)(labels, predictions, sensitive_features=groups, sample_weight=weights)
        for name in NAMED
    }
    frame = metrics.MetricFrame(
        metrics=RATES,
        y_true=labels,
        y_pred=predictions,
        sensitive_features=groups,
        sample_params={name: {"sample_weight": weights} for name in RATES},
    )
    aggregates = {
        "": frame.overall,
        "_difference": frame.difference(),
        "_ratio": frame.ratio(),
        "_group_min": frame.group_min(),
        "_group_max": frame.group_max(),
    }
    for suffix, of_rates in aggregates.items():
        for name in RATES:
            found[name + suffix] = of_rates[name]
    return {name: float(value) for name, value in found.items()}


json.dump([values(table) for table in json.load(sys.stdin)], sys.stdout)
