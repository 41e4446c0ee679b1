//! Whether memory stays flat.

use std::time::Duration;

/// A run of at least so long is judged by its trend, a shorter one by its end.
const TREND_RUN: Duration = Duration::from_secs(30 * 60);
/// What the trend may add over the second half, in KiB.
const TREND_LIMIT: f64 = 1024.0;
/// What a short run's end may be above the peak of its first third: a tenth, and so many KiB.
const END_LIMIT: u64 = 2 * 1024;

/// PSS at a moment of the gateway's life, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) at: Duration,
    pub(crate) kib: u64,
}

/// What the samples of one life come to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Memory {
    pub(crate) first: u64,
    pub(crate) peak: u64,
    pub(crate) last: u64,
    /// How much it grows over the second half, by the straight line that fits best, in KiB.
    pub(crate) growth: f64,
    /// Why it is not flat.
    pub(crate) fault: Option<String>,
}

/// `None` without samples.
pub(crate) fn judge(samples: &[Sample]) -> Option<Memory> {
    let (first, last) = (samples.first()?, samples.last()?);
    let length = last.at.saturating_sub(first.at);
    let half = samples.get(samples.len() / 2..)?;
    let growth = growth(half);
    let peak = |samples: &[Sample]| samples.iter().map(|sample| sample.kib).max().unwrap_or(0);
    let early = peak(samples.get(..samples.len().div_ceil(3))?);
    let limit = early + early / 10 + END_LIMIT;
    let fault = if length >= TREND_RUN && growth > TREND_LIMIT {
        Some(format!("it grows by {growth:.0} KiB over the second half"))
    } else if length < TREND_RUN && last.kib > limit {
        Some(format!(
            "it ends with {} KiB, where {limit} KiB are what the first third allows",
            last.kib
        ))
    } else {
        None
    };
    Some(Memory {
        first: first.kib,
        peak: peak(samples),
        last: last.kib,
        growth,
        fault,
    })
}

/// A line for each sample: seconds since the begin, KiB.
pub(crate) fn table(samples: &[Sample]) -> String {
    let lines = samples.iter();
    lines
        .map(|Sample { at, kib }| format!("{}\t{kib}\n", at.as_secs()))
        .collect()
}

/// The slope of the least squares, times the time that the samples span.
#[expect(clippy::cast_precision_loss, reason = "sizes and times far below 2^52")]
fn growth(samples: &[Sample]) -> f64 {
    let points: Vec<(f64, f64)> = samples
        .iter()
        .map(|sample| (sample.at.as_secs_f64(), sample.kib as f64))
        .collect();
    let count = points.len() as f64;
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return 0.0;
    };
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    if variance == 0.0 {
        return 0.0;
    }
    covariance / variance * (last.0 - first.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(minutes: u64, kib: impl Fn(u64) -> u64) -> Vec<Sample> {
        let moments = (0..minutes * 12).map(|number| number * 5);
        moments
            .map(|seconds| Sample {
                at: Duration::from_secs(seconds),
                kib: kib(seconds),
            })
            .collect()
    }

    #[test]
    fn a_long_run_is_judged_by_its_trend() {
        let noisy = samples(60, |seconds| 20_000 + seconds * 7 % 400);
        assert_eq!(judge(&noisy).unwrap().fault, None);
        // 1.5 MiB over the second half hour
        let leaking = samples(60, |seconds| 20_000 + seconds * 1536 / 1800);
        let memory = judge(&leaking).unwrap();
        assert!(memory.fault.is_some());
        assert!((memory.growth - 1533.0).abs() < 10.0, "{memory:?}");
        assert_eq!((memory.first, memory.last, memory.peak), (20_000, 23_067, 23_067));
    }

    #[test]
    fn a_short_run_is_judged_by_its_end() {
        let risen = samples(3, |seconds| if seconds < 20 { 15_000 } else { 20_000 });
        assert_eq!(judge(&risen).unwrap().fault, None);
        let late = samples(3, |seconds| if seconds < 100 { 15_000 } else { 20_000 });
        assert!(judge(&late).unwrap().fault.is_some());
        assert_eq!(judge(&[]), None);
    }
}
