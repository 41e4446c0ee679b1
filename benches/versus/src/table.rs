//! What was measured, as Markdown.

use std::fmt::Write as _;

use crate::aims::{AIMS, Bound};
use crate::measures::{Contestant, Figure, Measure};
use crate::proxies::Kind;

/// All that was measured of one kind: rows of numbers, of which each contestant has one a round.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) measure: Measure,
    contestants: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    title: String,
    /// By contestant.
    samples: Vec<Vec<f64>>,
}

/// The middle of some numbers, and how far they are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Summary {
    least: f64,
    median: f64,
    most: f64,
}

impl Table {
    pub(crate) fn new(measure: Measure, contestants: &[Contestant]) -> Self {
        Self {
            measure,
            contestants: contestants
                .iter()
                .map(|contestant| contestant.name.clone())
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Takes what one round found of a contestant.
    pub(crate) fn add(&mut self, contestant: &str, figures: Vec<Figure>) {
        let Some(column) = self.column(contestant) else {
            return;
        };
        for figure in figures {
            let row = self.row(figure.row);
            if let Some(samples) = row.samples.get_mut(column) {
                samples.push(figure.value);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn column(&self, contestant: &str) -> Option<usize> {
        self.contestants.iter().position(|name| name == contestant)
    }

    fn row(&mut self, title: String) -> &mut Row {
        let there = self.rows.iter().position(|row| row.title == title);
        let index = there.unwrap_or(self.rows.len());
        if there.is_none() {
            let samples = vec![Vec::new(); self.contestants.len()];
            self.rows.push(Row { title, samples });
        }
        #[expect(clippy::indexing_slicing, reason = "it was there, or was pushed")]
        &mut self.rows[index]
    }

    /// The table, with ratios to nginx.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("**{}**\n\n| |", self.measure.title());
        for name in &self.contestants {
            let _ = write!(text, " {name} |");
        }
        let _ = write!(text, "\n|---|{}\n", "---|".repeat(self.contestants.len()));
        for row in &self.rows {
            let reference = self.summary(row, Kind::Nginx.name());
            let _ = write!(text, "| {} |", row.title);
            for name in &self.contestants {
                let _ = write!(
                    text,
                    " {} |",
                    cell(
                        name,
                        self.summary(row, name),
                        reference.filter(|_| !row.title.ends_with('%'))
                    )
                );
            }
            text.push('\n');
        }
        text
    }

    fn summary(&self, row: &Row, contestant: &str) -> Option<Summary> {
        Summary::of(row.samples.get(self.column(contestant)?)?)
    }

    /// Rows of the table of aims, as far as they can be judged here.
    fn judged(&self) -> String {
        let mut text = String::new();
        for aim in AIMS.iter().filter(|aim| aim.measure == self.measure) {
            for row in self.rows.iter().filter(|row| row.title.ends_with(aim.row)) {
                let Some(reached) = self.summary(row, aim.contestant) else {
                    continue;
                };
                let nginx = self.summary(row, Kind::Nginx.name());
                let Some((value, shown, most)) =
                    aim.bound.judge(reached.median, nginx.map(|nginx| nginx.median))
                else {
                    continue;
                };
                let verdict = match value <= most {
                    true => "met".to_owned(),
                    false => format!("missed, {:.2} times", value / most),
                };
                let name = aim.contestant;
                let _ = writeln!(
                    text,
                    "| {}: {} | {} | {shown} | {verdict} |",
                    name, row.title, aim.bound
                );
            }
        }
        text
    }
}

/// All aims that can be judged.
pub(crate) fn aims(tables: &[Table]) -> String {
    let rows: String = tables.iter().map(Table::judged).collect();
    format!("**Aims**\n\n| | aim | reached | |\n|---|---|---|---|\n{rows}")
}

fn cell(name: &str, summary: Option<Summary>, reference: Option<Summary>) -> String {
    let Some(summary) = summary else {
        return String::new();
    };
    let mut text = shown(summary.median);
    if summary.least < summary.most {
        let _ = write!(text, " ({}–{})", shown(summary.least), shown(summary.most));
    }
    if let Some(reference) = reference
        && reference.median > 0.0
        && name != Kind::Nginx.name()
    {
        let _ = write!(text, " ×{:.2}", summary.median / reference.median);
    }
    text
}

/// A number with three digits that matter.
pub(crate) fn shown(value: f64) -> String {
    match value.abs() {
        100.0.. => {
            let whole = format!("{value:.0}");
            let (sign, digits) = whole
                .strip_prefix('-')
                .map_or(("", whole.as_str()), |digits| ("-", digits));
            format!("{sign}{}", in_thousands(digits))
        }
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn in_thousands(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Summary {
    fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let half = sorted.len() / 2;
        let upper = *sorted.get(half)?;
        let median = match sorted.len().is_multiple_of(2) {
            true => f64::midpoint(*sorted.get(half - 1)?, upper),
            false => upper,
        };
        Some(Self {
            least: *sorted.first()?,
            median,
            most: *sorted.last()?,
        })
    }
}

impl Bound {
    /// What to compare, how to show it, and what it may be at most.
    fn judge(self, reached: f64, nginx: Option<f64>) -> Option<(f64, String, f64)> {
        match self {
            Self::Absolute(most) => Some((reached, shown(reached), most)),
            Self::OfNginx(most) => {
                let ratio = reached / nginx.filter(|nginx| *nginx > 0.0)?;
                Some((ratio, format!("{ratio:.2}"), most))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(kinds: &[Kind], samples: &[(&str, &str, f64)]) -> Table {
        let mut table = Table::new(
            Measure::Login,
            &kinds
                .iter()
                .map(|kind| Contestant::usual(*kind))
                .collect::<Vec<_>>(),
        );
        for (name, row, value) in samples {
            table.add(
                name,
                vec![Figure {
                    row: (*row).to_owned(),
                    value: *value,
                }],
            );
        }
        table
    }

    #[test]
    fn medians_are_of_all_rounds() {
        let summary = |samples: &[f64]| Summary::of(samples).map(|summary| summary.median);
        assert_eq!(summary(&[]), None);
        assert_eq!(summary(&[3.0]), Some(3.0));
        assert_eq!(summary(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(summary(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn numbers_are_short() {
        let values = [0.719, 9.449, 23.16, 489.6, 12_812.4, -3.0];
        let expected = ["0.72", "9.45", "23.2", "490", "12,812", "-3.00"];
        assert_eq!(values.map(shown), expected);
    }

    #[test]
    fn each_contestant_has_a_column_and_a_ratio() {
        let full = "full handshake, CPU us";
        let samples = [
            ("gatepost", full, 200.0),
            ("nginx", full, 500.0),
            ("gatepost", full, 220.0),
            ("gatepost", full, 300.0),
            ("nginx", "only here", 1.0),
        ];
        let table = table(&[Kind::Gatepost, Kind::Nginx, Kind::Haproxy], &samples);
        let markdown = table.markdown();
        let rows: Vec<_> = markdown.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| | gatepost | nginx | haproxy |",
                "|---|---|---|---|",
                "| full handshake, CPU us | 220 (200–300) ×0.44 | 500 |  |",
                "| only here |  | 1.00 |  |",
            ]
        );
    }

    #[test]
    fn aims_are_met_or_missed() {
        let samples = [
            ("gatepost", "full handshake, CPU us", 200.0),
            ("nginx", "full handshake, CPU us", 500.0),
            ("gatepost", "resumed handshake, CPU us", 450.0),
            ("nginx", "resumed handshake, CPU us", 500.0),
        ];
        let aims = aims(&[table(&[Kind::Gatepost, Kind::Nginx], &samples)]);
        let rows: Vec<_> = aims.lines().skip(4).collect();
        assert_eq!(
            rows,
            [
                "| gatepost: full handshake, CPU us | 0.50 of nginx | 0.40 | met |",
                "| gatepost: resumed handshake, CPU us | 0.45 of nginx | 0.90 | missed, 2.00 times |",
            ]
        );
    }

    #[test]
    fn what_nobody_measured_is_not_judged() {
        let samples = [("gatepost", "full handshake, CPU us", 200.0)];
        let aims = aims(&[table(&[Kind::Gatepost], &samples)]);
        assert_eq!(aims.lines().count(), 4);
    }
}
