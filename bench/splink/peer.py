"""
peer.py SETTINGS TRUTH FILE [FILE2]: Splink by its documented settings for that data; one object of JSON.

SETTINGS  fake_1000 (getting started), febrl3 and febrl4 (demos), people (the getting-started form for the
          columns of the bench's own generated file)
TRUTH     COLUMN or COLUMN:REGEX, the true entity

Pairs are counted as clusters give them at the threshold that the documentation clusters at, and as
predictions at the match weight where F1 is best, found with the truth in hand: a bound in Splink's favour.
"""

import json
import logging
import sys
import time

import duckdb
import splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

logging.getLogger("splink").setLevel(logging.ERROR)


def read(con, file, truth, number):
    """Columns as the demos prepare them: names and values trimmed, empty as null, text."""
    column, _, pattern = truth.partition(":")
    raw = con.sql(f"select * from read_csv('{file}', all_varchar=true)")
    names = [f'nullif(trim("{name}"), \'\') as "{name.strip()}"' for name in raw.columns]
    entity = f"regexp_extract({column}, '{pattern}', 1)" if pattern else column
    con.sql(f"create table input_{number} as select *, {entity} as entity from (select {', '.join(names)} from raw)")
    return con.table(f"input_{number}")


def fake_1000():
    return dict(
        comparisons=[
            cl.NameComparison("first_name"),
            cl.JaroAtThresholds("surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking=[block_on("first_name", "dob"), block_on("surname")],
        deterministic=[block_on("first_name", "surname")],
        recall=0.7,
        training=[block_on("first_name", "surname"), block_on("email")],
        predict=dict(threshold_match_weight=-5),
        cluster=0.95,
        id="unique_id",
    )


def febrl3():
    return dict(
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
        blocking=[block_on(name) for name in ["soc_sec_id", "given_name", "surname", "date_of_birth", "postcode"]],
        deterministic=[
            block_on("soc_sec_id"),
            block_on("given_name", "surname", "date_of_birth"),
            "l.given_name = r.surname and l.surname = r.given_name and l.date_of_birth = r.date_of_birth",
        ],
        recall=0.9,
        training=[block_on("date_of_birth"), block_on("postcode")],
        predict=dict(threshold_match_probability=0.2),
        cluster=0.99,
        id="rec_id",
    )


def febrl4():
    return dict(
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison(
                "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True
            ),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ],
        blocking=[
            block_on("given_name", "surname"),
            "l.given_name = r.surname and l.surname = r.given_name",
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ],
        deterministic=[block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")],
        recall=0.8,
        training=[block_on("date_of_birth"), block_on("postcode")],
        predict=dict(threshold_match_probability=0.2),
        cluster=0.99,
        id="rec_id",
    )


def people():
    return dict(
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("family_name"),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
            cl.ExactMatch("phone"),
            cl.EmailComparison("email"),
        ],
        blocking=[
            block_on("given_name", "birth_date"),
            block_on("family_name", "birth_date"),
            block_on("given_name", "family_name", "postcode"),
            block_on("phone"),
            block_on("email"),
        ],
        deterministic=[block_on("given_name", "family_name", "birth_date"), block_on("email")],
        recall=0.7,
        training=[block_on("given_name", "family_name"), block_on("birth_date")],
        predict=dict(threshold_match_weight=-5),
        cluster=0.95,
        id="record_id",
    )


def counts(con, predicted, true_pairs, where):
    pairs, hits = con.sql(
        f"select count(*), count(*) filter (where l.entity = r.entity) from {predicted} p "
        f"join truth l on l.id = p.l and l.source = p.sl join truth r on r.id = p.r and r.source = p.sr where {where}"
    ).fetchall()[0]
    precision = hits / pairs if pairs else 1
    recall = hits / true_pairs if true_pairs else 1
    f1 = 2 * precision * recall / (precision + recall) if hits else 0
    return dict(predictedPairs=pairs, precision=precision, recall=recall, f1=f1)


def main(name, truth, files):
    con = duckdb.connect()
    tables = [read(con, file, truth, number) for number, file in enumerate(files)]
    setting = {"fake_1000": fake_1000, "febrl3": febrl3, "febrl4": febrl4, "people": people}[name]()
    started = time.monotonic()
    api = DuckDBAPI(connection=con)
    linker = Linker(
        [api.register(table, dataset_display_name=f"s{at}") for at, table in enumerate(tables)] if len(tables) > 1 else api.register(tables[0]),
        SettingsCreator(
            link_type="dedupe_only" if len(files) == 1 else "link_only",
            unique_id_column_name=setting["id"],
            comparisons=setting["comparisons"],
            blocking_rules_to_generate_predictions=setting["blocking"],
        ),
    )
    linker.training.estimate_probability_two_random_records_match(setting["deterministic"], recall=setting["recall"])
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in setting["training"]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    predictions = linker.inference.predict(**setting["predict"])
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, setting["cluster"])
    seconds = time.monotonic() - started

    key = setting["id"]
    linked = len(files) > 1
    names = [f"s{at}" for at in range(len(files))] if linked else [""]
    con.sql(
        "create table truth as "
        + " union all ".join(
            f"select {key} as id, entity, '{names[at]}' as source from input_{at}" for at in range(len(files))
        )
    )
    cross = "l.source < r.source" if linked else "l.id < r.id"
    records = con.sql("select count(*) from truth").fetchall()[0][0]
    true_pairs = con.sql(f"select count(*) from truth l join truth r on l.entity = r.entity and {cross}").fetchall()[0][0]
    source = "source_dataset" if linked else "''"
    con.sql(f"create table clusters as select {key} as id, {source} as source, cluster_id from {clusters.physical_name}")
    con.sql(
        f"create table clustered as select l.id as l, l.source as sl, r.id as r, r.source as sr "
        f"from clusters l join clusters r on l.cluster_id = r.cluster_id and {cross}"
    )
    left, right = ("source_dataset_l", "source_dataset_r") if linked else ("''", "''")
    con.sql(
        f"create table predicted as select {key}_l as l, {left} as sl, {key}_r as r, {right} as sr, match_weight "
        f"from {predictions.physical_name}"
    )
    best = max(
        (dict(counts(con, "predicted", true_pairs, f"match_weight >= {weight}"), matchWeight=weight) for weight in range(-5, 30)),
        key=lambda one: one["f1"],
    )
    result = dict(
        splink=splink.__version__,
        records=records,
        truePairs=true_pairs,
        **counts(con, "clustered", true_pairs, "true"),
        best=best,
        seconds=round(seconds, 3),
    )
    print(json.dumps(result))


main(sys.argv[1], sys.argv[2], sys.argv[3:])
