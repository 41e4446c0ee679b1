//! What Gatepost is to reach.

use std::fmt;

use crate::measures::Measure;

/// One aim, for every row of a measure that ends so.
#[derive(Debug)]
pub(crate) struct Aim {
    pub(crate) measure: Measure,
    pub(crate) row: &'static str,
    pub(crate) contestant: &'static str,
    pub(crate) bound: Bound,
}

/// What is allowed at most.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    /// So much of what nginx has in the same run.
    OfNginx(f64),
    /// In the row's unit.
    Absolute(f64),
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfNginx(most) => write!(formatter, "{most:.2} of nginx"),
            Self::Absolute(most) => write!(formatter, "{most}"),
        }
    }
}

const fn ratio(measure: Measure, row: &'static str, contestant: &'static str, most: f64) -> Aim {
    Aim {
        measure,
        row,
        contestant,
        bound: Bound::OfNginx(most),
    }
}

const fn absolute(measure: Measure, row: &'static str, contestant: &'static str, most: f64) -> Aim {
    Aim {
        measure,
        row,
        contestant,
        bound: Bound::Absolute(most),
    }
}

const OURS: &str = "gatepost";

/// All of them.
pub(crate) const AIMS: &[Aim] = &[
    ratio(Measure::Login, "full handshake, CPU us", OURS, 0.50),
    ratio(Measure::Login, "resumed handshake, CPU us", OURS, 0.45),
    ratio(Measure::Fetch, "CPU s/GiB", "gatepost, transparent", 0.55),
    ratio(Measure::Fetch, "CPU s/GiB", OURS, 0.60),
    ratio(Measure::Commands, "CPU us", OURS, 1.0),
    ratio(Measure::Commands, "p50 us", OURS, 1.0),
    ratio(Measure::Submit, "10 KiB on 465, CPU us", OURS, 0.55),
    ratio(Measure::Submit, "10 KiB on 587, CPU us", OURS, 0.55),
    ratio(Measure::Submit, "1 MiB on 465, CPU us", OURS, 0.65),
    ratio(Measure::Submit, "1 MiB on 587, CPU us", OURS, 0.65),
    absolute(Measure::Idle, "memory each, KiB", OURS, 8.0),
    absolute(Measure::Idle, "memory each, KiB", "gatepost, TLS upstream", 12.0),
    absolute(Measure::Idle, "CPU while nothing happens, ms/s", OURS, 1.0),
    absolute(Measure::Empty, "memory, MiB", OURS, 12.0),
];
