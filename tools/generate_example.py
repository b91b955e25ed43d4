#!/usr/bin/env python3
"""Writes the synthetic example of what agencies submit, data/example.

  tools/generate_example.py [FOLDER]

The 21 multi-agency measures of a safeguarding board over the twelve districts and two unitary
authorities of the police force area of Lancashire, from April 2016 to March 2018: who owes which
figures, and two years of submissions, with late, missing and revised ones. Every figure is drawn from
a generator with a fixed seed, so that each run writes the same bytes; none is about any real place,
agency or person. With FOLDER, writes there instead. What was in the folder before is removed.
"""
import csv
import datetime
import io
import pathlib
import random
import shutil
import sys

SEED = "concordat-example-1"
FIRST_YEAR = 2016
YEARS = 2
MARK = "synthetic"

# Name, code, children aged 0 to 17. The numbers of children are round ones of our own, of about the right size.
AREAS = [
    ("Burnley", "E07000117", 20000),
    ("Chorley", "E07000118", 24000),
    ("Fylde", "E07000119", 14000),
    ("Hyndburn", "E07000120", 19000),
    ("Lancaster", "E07000121", 28000),
    ("Pendle", "E07000122", 22000),
    ("Preston", "E07000123", 32000),
    ("Ribble Valley", "E07000124", 12000),
    ("Rossendale", "E07000125", 15000),
    ("South Ribble", "E07000126", 23000),
    ("West Lancashire", "E07000127", 23000),
    ("Wyre", "E07000128", 20000),
    ("Blackburn with Darwen", "E06000008", 39000),
    ("Blackpool", "E06000009", 29000),
]
CHILDREN = {code: children for _, code, children in AREAS}
# How much more there is to do than where there is least, in percent.
NEED = {"E06000009": 190, "E06000008": 150, "E07000117": 150, "E07000123": 140, "E07000120": 135,
        "E07000122": 125, "E07000121": 110, "E07000125": 105, "E07000128": 100, "E07000127": 95,
        "E07000126": 80, "E07000118": 80, "E07000119": 75, "E07000124": 50}
DISTRICTS = [code for _, code, _ in AREAS if code.startswith("E07")]
ALL = [code for _, code, _ in AREAS]

POLICE = {"lancashire-constabulary": ALL}
COUNCILS = {"lancashire-county-council": DISTRICTS, "blackburn-with-darwen-council": ["E06000008"],
            "blackpool-council": ["E06000009"]}
MARAC = {"pan-lancashire-domestic-abuse-board": ALL}
# By district, as if no commissioner's boundary crossed one.
COMMISSIONERS = {
    "east-lancashire-ccg": ["E07000117", "E07000120", "E07000122", "E07000124", "E07000125"],
    "blackburn-with-darwen-ccg": ["E06000008"],
    "blackpool-ccg": ["E06000009"],
    "chorley-south-ribble-ccg": ["E07000118", "E07000126"],
    "fylde-wyre-ccg": ["E07000119", "E07000128"],
    "greater-preston-ccg": ["E07000123"],
    "morecambe-bay-ccg": ["E07000121"],
    "west-lancashire-ccg": ["E07000127"],
}
YOUTH_OFFENDING = {"youth-offending-teams": ALL}
SCHOOLS = {"schools-data-office": ALL}

CATEGORIES = ["Neglect", "Physical abuse", "Sexual abuse", "Emotional abuse", "Multiple", "Not known"]
MISSING_FROM = ["Home", "Care", "Not known"]


class Measure:
    """One of the 21: what the file of measures says of it, and where its figures come from."""

    def __init__(self, name, title, definition, duties, unit, polarity, *, frequency="EACH_QUARTER",
                 rate_per=0, unit_label="", dimension=None, target=None, tolerance=None, topics=(),
                 lag_days=30, profile="DFE_CHILDREN", jump_factor=0):
        self.name = f"{MARK}-{name}"
        self.title = f"{title} ({MARK})"
        self.definition = definition
        self.duties = duties
        self.unit = unit
        self.polarity = polarity
        self.frequency = frequency
        self.rate_per = rate_per
        self.unit_label = unit_label
        self.dimension = dimension
        self.target = target
        self.tolerance = tolerance
        self.topics = topics
        self.lag_days = lag_days
        self.profile = profile
        self.jump_factor = jump_factor


BOTH = ("neglect", "domestic-abuse")
MEASURES = [
    Measure("da-notifications", "Domestic abuse notifications, child present",
            "Notifications of domestic abuse with a child present, in the period.", POLICE, "COUNT", "NEUTRAL",
            topics=("domestic-abuse",)),
    Measure("da-repeat-calls", "Repeat domestic abuse call-outs",
            "Call-outs to addresses with children where there had been one before, in the period.", POLICE, "COUNT",
            "LOW_GOOD", topics=("domestic-abuse",)),
    Measure("marac-cases", "MARAC cases", "Cases discussed in the period for each 10,000 adult females.", MARAC,
            "RATE", "NEUTRAL", rate_per=10000, unit_label="adult females", topics=("domestic-abuse",), lag_days=45),
    Measure("marac-repeats", "MARAC repeats", "Share of the cases that were repeats.", MARAC, "PERCENT", "NEUTRAL",
            topics=("domestic-abuse",), lag_days=45),
    Measure("children-missing", "Children missing", "Children reported missing from home or from care, in the period.",
            POLICE, "COUNT", "NEUTRAL", dimension=("missing-from", MISSING_FROM), topics=("neglect",)),
    Measure("return-interviews", "Independent return interviews held",
            "Share of children found after they were missing with whom an interview was held.", COUNCILS, "PERCENT",
            "HIGH_GOOD", target=80, tolerance=10, topics=("neglect",)),
    Measure("cse-referrals", "New high-risk referrals for child sexual exploitation",
            "Referrals that were assessed as of high risk, in the period.", COUNCILS, "COUNT", "NEUTRAL"),
    Measure("mash-days", "Working days to the MASH decision",
            "Average of the working days from the contact to the decision.", COUNCILS, "DAYS", "LOW_GOOD",
            target=1, tolerance=1, topics=BOTH),
    Measure("referrals", "Referrals", "Referrals to children's social care in the period for each 10,000 children.",
            COUNCILS, "RATE", "NEUTRAL", rate_per=10000, unit_label="children aged 0 to 17", topics=BOTH,
            jump_factor=5),
    Measure("re-referrals", "Re-referrals within 12 months", "Share of the referrals.", COUNCILS, "PERCENT",
            "LOW_GOOD", target=20, tolerance=3, topics=BOTH),
    Measure("assessments", "Assessments within 45 working days", "Share of the assessments completed in the period.",
            COUNCILS, "PERCENT", "HIGH_GOOD", target=83, tolerance=5, topics=BOTH),
    Measure("section-47", "Section 47 enquiries started",
            "Enquiries started in the period for each 10,000 children.", COUNCILS, "RATE", "NEUTRAL",
            rate_per=10000, unit_label="children aged 0 to 17", topics=BOTH),
    Measure("strategy-discussions", "Strategy discussions with police and health",
            "Share of the strategy discussions that police and health both attended.", COUNCILS, "PERCENT",
            "HIGH_GOOD", target=90, tolerance=5, topics=BOTH),
    Measure("initial-conferences", "Initial conferences within 15 days",
            "Share of initial child protection conferences held within 15 days of the start of the enquiry.",
            COUNCILS, "PERCENT", "HIGH_GOOD", target=80, tolerance=5, topics=BOTH),
    Measure("protection-plans", "Children on a protection plan",
            "Children with a child protection plan at the end of the period for each 10,000 children, by category "
            "of abuse.", COUNCILS, "RATE", "NEUTRAL", rate_per=10000, unit_label="children aged 0 to 17",
            dimension=("category-of-abuse", CATEGORIES), topics=BOTH),
    Measure("second-plans", "Second or subsequent plans", "Share of the protection plans started in the period.",
            COUNCILS, "PERCENT", "LOW_GOOD", target=20, tolerance=3, topics=BOTH),
    Measure("long-plans", "Plans of more than 729 days", "Share of the children on a plan at the end of the period.",
            COUNCILS, "PERCENT", "LOW_GOOD", target=3, tolerance=1, topics=BOTH),
    Measure("reviews", "Protection plan reviews in time", "Share of the reviews due in the period.", COUNCILS,
            "PERCENT", "HIGH_GOOD", target=95, tolerance=3, topics=BOTH),
    Measure("injury-admissions", "Hospital admissions for injuries, 0 to 14",
            "Admissions in the financial year for each 10,000 children aged 0 to 14.", COMMISSIONERS, "RATE",
            "LOW_GOOD", frequency="EACH_YEAR", rate_per=10000, unit_label="children aged 0 to 14", lag_days=90,
            profile="NHS_HOSPITAL", topics=("neglect",)),
    Measure("first-time-entrants", "First-time entrants to youth justice",
            "First-time entrants in the calendar year for each 100,000 aged 10 to 17.", YOUTH_OFFENDING, "RATE",
            "LOW_GOOD", frequency="EACH_YEAR", rate_per=100000, unit_label="aged 10 to 17", lag_days=60),
    Measure("persistent-absence", "Persistent absence, children on a plan",
            "Share of the children on a protection plan who were persistently absent in the academic year.", SCHOOLS,
            "PERCENT", "LOW_GOOD", frequency="EACH_YEAR", lag_days=60, topics=("neglect",)),
]
BY_NAME = {measure.name[len(MARK) + 1:]: measure for measure in MEASURES}
MINIMUM = {"DFE_CHILDREN": 6, "NHS_HOSPITAL": 8}
EXTRA_AGENCIES = [("youth-offending-teams", "Youth offending teams, data office (synthetic)", "BOARD"),
                  ("schools-data-office", "Schools' data office (synthetic)", "EDUCATION")]


class Period:
    """A period with the contract's kind and days; `key` is what returns call it."""

    def __init__(self, kind, start, end, key):
        self.kind = kind
        self.start = start
        self.end = end
        self.key = key

    def months(self):
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1


def month_start(year, month):
    return datetime.date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def span(kind, year, month, months, key):
    return Period(kind, month_start(year, month), month_start(year, month + months) - datetime.timedelta(1), key)


def quarters():
    for year in range(FIRST_YEAR, FIRST_YEAR + YEARS):
        for quarter in range(4):
            yield span("FINANCIAL_QUARTER", year, 4 + 3 * quarter, 3,
                       f"{year}-{(year + 1) % 100:02d}-q{quarter + 1}")


def years(name):
    for year in range(FIRST_YEAR, FIRST_YEAR + YEARS):
        both = f"{year}-{(year + 1) % 100:02d}"
        if name == "first-time-entrants":
            yield span("CALENDAR_YEAR", year, 1, 12, str(year))
        elif name == "persistent-absence":
            yield span("ACADEMIC_YEAR", year - 1, 9, 12, f"{year - 1}-{year % 100:02d}")
        else:
            yield span("FINANCIAL_YEAR", year, 4, 12, both)


def periods_of(measure):
    name = measure.name[len(MARK) + 1:]
    return list(years(name)) if measure.frequency == "EACH_YEAR" else list(quarters())


# --- The figures. Whole numbers all the way, so that every machine draws the same. ---


def draw(mean_times_8, *what):
    """A number of events, binomial about mean_times_8 / 8, always the same for the same `what`."""
    if mean_times_8 <= 0:
        return 0
    generator = random.Random("/".join([SEED, *map(str, what)]))
    bits = [generator.getrandbits(mean_times_8) for _ in range(3)]
    return bin(bits[0] & bits[1] & bits[2]).count("1")


def share(total, percent, *what):
    """How many of `total` events are of a kind that `percent` of them are of."""
    generator = random.Random("/".join([SEED, *map(str, what)]))
    return sum(1 for _ in range(total) if generator.getrandbits(20) * 100 < percent << 20)


def events(area, per_10000_a_year, period, what):
    """Events in a period where a rate of so many a year for each 10,000 children is usual, with local need."""
    mean_times_8 = CHILDREN[area] * per_10000_a_year * NEED[area] * period.months() * 8 // (10000 * 12 * 110)
    return draw(mean_times_8, what, area, period.key)


def split(total, percents, *what):
    """`total` in as many parts as there are percents, the last part being what is left."""
    parts = []
    left, rest = total, 100
    for index, percent in enumerate(percents[:-1]):
        part = share(left, percent * 100 // max(rest, 1), *what, index)
        parts.append(part)
        left -= part
        rest -= percent
    return parts + [left]


def rounded(numerator, denominator, scale):
    """numerator * scale / denominator with one decimal, half up, as text."""
    tenths = (2 * numerator * scale * 10 + denominator) // (2 * denominator)
    return f"{tenths // 10}.{tenths % 10}"


class Figure:
    """A row of a submission: a value, and what it is made of."""

    def __init__(self, value, numerator="", denominator="", item=""):
        self.value = value
        self.numerator = numerator
        self.denominator = denominator
        self.item = item


def percent(part, whole):
    return Figure("z") if whole == 0 else Figure(rounded(part, whole, 100), part, whole)


def rate(count, population, per, item=""):
    return Figure(rounded(count, population, per), count, population, item)


def figures(name, area, period):
    """The figures of one measure, area and period: the total first."""
    children = CHILDREN[area]
    key = (area, period.key)

    def referrals():
        return events(area, 550, period, "referrals")

    def enquiries():
        return events(area, 170, period, "section-47")

    def conferences():
        return share(enquiries(), 40, "conferences", *key)

    def on_plan():
        # A stock, not a flow: about 45 of 10,000 children on any day.
        return draw(children * 45 * NEED[area] * 8 // (10000 * 110), "protection-plans", area, period.key)

    def started():
        return share(conferences(), 85, "started", *key)

    def missing():
        return events(area, 60, period, "children-missing")

    def calls():
        return events(area, 260, period, "da-notifications")

    def cases():
        return events(area, 45, period, "marac-cases")

    if name == "da-notifications":
        return [Figure(calls())]
    if name == "da-repeat-calls":
        return [Figure(share(calls(), 28, name, *key))]
    if name == "marac-cases":
        return [rate(cases(), children * 19 // 10, 10000)]
    if name == "marac-repeats":
        return [percent(share(cases(), 24, name, *key), cases())]
    if name == "children-missing":
        parts = split(missing(), [62, 35, 3], name, *key)
        return [Figure(missing())] + [Figure(part, item=item) for part, item in zip(parts, MISSING_FROM)]
    if name == "return-interviews":
        return [percent(share(missing(), 74, name, *key), missing())]
    if name == "cse-referrals":
        return [Figure(events(area, 7, period, name))]
    if name == "mash-days":
        value = Figure(rounded(10 + draw(80, name, *key), 10, 1), denominator=referrals())
        return [value if referrals() else Figure("z")]
    if name == "referrals":
        return [rate(referrals(), children, 10000)]
    if name == "re-referrals":
        return [percent(share(referrals(), 21, name, *key), referrals())]
    if name == "assessments":
        completed = events(area, 480, period, "assessments")
        return [percent(share(completed, 84, name, *key), completed)]
    if name == "section-47":
        return [rate(enquiries(), children, 10000)]
    if name == "strategy-discussions":
        held = enquiries() + share(enquiries(), 15, "discussions", *key)
        return [percent(share(held, 81, name, *key), held)]
    if name == "initial-conferences":
        return [percent(share(conferences(), 78, name, *key), conferences())]
    if name == "protection-plans":
        parts = split(on_plan(), [46, 9, 5, 34, 5, 1], name, *key)
        return [rate(on_plan(), children, 10000)] + [
            rate(part, children, 10000, item) for part, item in zip(parts, CATEGORIES)]
    if name == "second-plans":
        return [percent(share(started(), 19, name, *key), started())]
    if name == "long-plans":
        return [percent(share(on_plan(), 3, name, *key), on_plan())]
    if name == "reviews":
        due = share(on_plan(), 90, "reviews-due", *key)
        return [percent(share(due, 95, name, *key), due)]
    if name == "injury-admissions":
        return [rate(events(area, 95, period, name), children * 84 // 100, 10000)]
    if name == "first-time-entrants":
        return [rate(events(area, 13, period, name), children * 43 // 100, 100000)]
    if name == "persistent-absence":
        pupils = share(on_plan(), 62, "pupils", *key)
        return [percent(share(pupils, 31, name, *key), pupils)]
    raise KeyError(name)


# --- What came when. Days are after the due day; negative ones before it. ---

# Never sent: agency and period; or agency, period and measure.
MISSING = {
    ("pan-lancashire-domestic-abuse-board", "2016-17-q1"),
    ("pan-lancashire-domestic-abuse-board", "2016-17-q2"),
    ("blackpool-council", "2017-18-q3"),
    ("blackburn-with-darwen-council", "2016-17-q3", "strategy-discussions"),
    ("lancashire-county-council", "2016-17-q1", "mash-days"),
    ("morecambe-bay-ccg", "2016-17"),
    ("blackpool-ccg", "2017-18"),
    ("west-lancashire-ccg", "2017-18"),
    ("schools-data-office", "2016-17"),
}
LATE = {
    ("lancashire-constabulary", "2017-18-q1"): 5,
    ("lancashire-county-council", "2017-18-q2"): 9,
    ("blackpool-council", "2016-17-q2"): 12,
    ("blackburn-with-darwen-council", "2016-17-q4"): 31,
    ("pan-lancashire-domestic-abuse-board", "2017-18-q4"): 21,
    ("east-lancashire-ccg", "2016-17"): 40,
    ("fylde-wyre-ccg", "2016-17"): 63,
    ("greater-preston-ccg", "2017-18"): 17,
}
# Agency and period: days after the first submission, measures, why.
REVISED = {
    ("lancashire-constabulary", "2017-18-q2"): (
        54, ("da-notifications", "da-repeat-calls"), "Call-outs were recorded under the right district"),
    ("lancashire-county-council", "2016-17-q4"): (
        61, ("section-47", "strategy-discussions"), "Enquiries recorded after the end of the quarter were added"),
    ("blackpool-council", "2017-18-q1"): (
        40, ("assessments",), "Assessments that were counted twice were taken out"),
    ("east-lancashire-ccg", "2016-17"): (30, ("injury-admissions",), "Final figures in the place of provisional ones"),
}
OFFICE_SENDS_FOR = {"youth-offending-teams", "schools-data-office"}

COLUMNS = ["measure", "area", "period_kind", "period_start", "period_end", "breakdown_dimension", "breakdown_item",
           "value", "numerator", "denominator", "provisional", "commentary"]


def revised_figures(name, area, period):
    """The same figures after a revision: those of a period that was drawn anew."""
    return figures(name, area, Period(period.kind, period.start, period.end, period.key + "-revised"))


def rows_of(measure, agency, period, make):
    name = measure.name[len(MARK) + 1:]
    last = period.end.year == FIRST_YEAR + YEARS and period.kind == "FINANCIAL_QUARTER"
    for area in measure.duties[agency]:
        for figure in make(name, area, period):
            dimension = measure.dimension[0] if figure.item else ""
            yield [measure.name, area.lower(), period.kind, period.start, period.end, dimension, figure.item,
                   figure.value, figure.numerator, figure.denominator, "true" if last else "false",
                   "Synthetic figure"]


def csv_text(header, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def submissions():
    """Each as (day, file, agency, source, revision reason, its rows), in the order in which they came."""
    groups = {}
    for measure in MEASURES:
        for agency in measure.duties:
            for period in periods_of(measure):
                groups.setdefault((agency, period.key, period.kind), (period, []))[1].append(measure)
    found = []
    for (agency, key, _), (period, measures) in groups.items():
        if (agency, key) in MISSING:
            continue
        sent = [m for m in measures if (agency, key, m.name[len(MARK) + 1:]) not in MISSING]
        lag = max(m.lag_days for m in sent)
        early = -1 - draw(24, "days", agency, key)
        day = period.end + datetime.timedelta(lag + LATE.get((agency, key), early))
        source = "File e-mailed to the board's office" if agency in OFFICE_SENDS_FOR else ""
        stem = f"submissions/{key}/{MARK}-{agency}"
        rows = [row for m in sent for row in rows_of(m, agency, period, figures)]
        found.append((day, f"{stem}.csv", agency, source, "", rows))
        if (agency, key) in REVISED:
            later, names, why = REVISED[agency, key]
            rows = [row for m in sent if m.name[len(MARK) + 1:] in names
                    for row in rows_of(m, agency, period, revised_figures)]
            found.append((day + datetime.timedelta(later), f"{stem}-revised.csv", agency, source, why, rows))
    return sorted(found, key=lambda submission: submission[:2])


# --- The other files. ---

HEAD = "# SYNTHETIC: made by tools/generate_example.py; no figure, duty or address is anybody's.\n"


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def measures_yaml():
    lines = [HEAD + "# One request of MeasureService.ApplyMeasures. Targets and tolerances are this example's own.",
             "kind: measures", "measures:"]
    for measure in MEASURES:
        periods = periods_of(measure)
        count = measure.unit == "COUNT"
        lines += [f"  - name: measures/{measure.name}",
                  f"    display_name: {quoted(measure.title)}",
                  f"    definition: {quoted(measure.definition)}",
                  "    group: synthetic-example",
                  f"    unit: {measure.unit}"]
        if measure.rate_per:
            lines += [f"    rate_per: {measure.rate_per}"]
        if measure.unit_label:
            lines += [f"    unit_label: {quoted(measure.unit_label)}"]
        if not count:
            lines += ["    decimal_places: 1"]
        lines += [f"    polarity: {measure.polarity}",
                  f"    frequency: {measure.frequency}",
                  f"    provider: agencies/{next(iter(measure.duties))}",
                  "    additivity: {" + f"over_time: {str(count).lower()}, over_area: {str(count).lower()}, "
                  f"over_category: {str(measure.dimension is not None).lower()}" + "}"]
        if measure.target is not None:
            lines += [f"    target: {measure.target}", f"    tolerance: {measure.tolerance}"]
        lines += [f"    disclosure_profile: {measure.profile}",
                  f"    disclosure_minimum: {MINIMUM[measure.profile]}"]
        if measure.rate_per:
            lines += ["    denominator_public: true"]
        if measure.topics:
            lines += [f"    topics: [{', '.join(measure.topics)}]"]
        lines += [f"    lag_days: {measure.lag_days}",
                  f"    collected_from: {quoted(str(periods[0].start))}",
                  f"    collected_until: {quoted(str(periods[-1].end))}"]
        if measure.jump_factor:
            lines += [f"    jump_factor: {measure.jump_factor}"]
        if measure.dimension:
            name, items = measure.dimension
            lines += ["    dimensions:", f"      - name: {name}",
                      f"        items: [{', '.join(map(quoted, items))}]"]
        lines += ["    duties:"]
        for agency, areas in measure.duties.items():
            lines += [f"      - agency: agencies/{agency}",
                      f"        areas: [{', '.join('areas/' + area.lower() for area in areas)}]",
                      f"        contact: figures@{agency}.example"]
    return "\n".join(lines) + "\n"


def directory_yaml():
    lines = [HEAD + "# Agencies that the Lancashire data set lacks. One request of DirectoryService.ApplyDirectory.",
             "kind: directory", "agencies:"]
    for name, title, kind in EXTRA_AGENCIES:
        lines += [f"  - name: agencies/{name}", f"    display_name: {quoted(title)}", f"    kind: {kind}"]
    return "\n".join(lines) + "\n"


README = """# A synthetic example of submissions

**Synthetic: none of it is about any real agency, place or person.** `tools/generate_example.py` draws every figure from
a generator with a fixed seed; the names of areas and agencies are those of [the Lancashire data set](../lancashire/README.md),
so that both can be used together. Numbers of children are round ones of about the right size, and targets are made up.

| file | what |
| --- | --- |
| `directory.yaml` | the two agencies that the Lancashire data set lacks |
| `measures.yaml` | the 21 multi-agency measures: what is counted, who owes it for which areas, and when |
| `submissions.csv` | the {files} submissions in the order in which they came: the day, whose they are, and what a coordinator who submits them says |
| `submissions/PERIOD/` | one file an agency and period, {rows} figures in all |

Two years, April 2016 to March 2018: quarterly, with three measures once a year. Small numbers stand where they would
really occur, in the small districts and the rare events, so that disclosure control has something to do.

## Late, missing, revised

| what | where |
| --- | --- |
{events}

Apply it after the Lancashire data set, and submit the files of one agency as that agency, or all as a coordinator:

```sh
concordat apply -f data/example/directory.yaml -f data/example/measures.yaml
concordat returns list --state overdue
concordat measures submit data/example/submissions/2016-17-q1/synthetic-lancashire-constabulary.csv
```
"""


def readme(found):
    events = []
    for (agency, key), days in LATE.items():
        events.append(f"| {days} days late | {agency}, {key} |")
    for missing in sorted(MISSING):
        what = f", {MARK}-{missing[2]} alone" if len(missing) == 3 else ""
        events.append(f"| never sent | {missing[0]}, {missing[1]}{what} |")
    for (agency, key), (days, _, why) in REVISED.items():
        events.append(f"| revised {days} days later: {why} | {agency}, {key} |")
    return README.format(files=len(found), rows=f"{sum(len(s[5]) for s in found):,}", events="\n".join(events))


def main(arguments):
    if len(arguments) > 1:
        sys.exit(__doc__)
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).resolve().parent.parent / "data/example")
    shutil.rmtree(root, ignore_errors=True)
    found = submissions()
    listed = [[day, name, f"agencies/{agency}", source, why, MARK] for day, name, agency, source, why, _ in found]
    texts = {
        "README.md": readme(found),
        "directory.yaml": directory_yaml(),
        "measures.yaml": measures_yaml(),
        "submissions.csv": csv_text(["day", "file", "provider", "source", "revision_reason", "note"], listed),
    }
    texts.update((name, csv_text(COLUMNS, rows)) for _, name, _, _, _, rows in found)
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


if __name__ == "__main__":
    main(sys.argv[1:])
