//! How fast the parsers of a case are.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::cases::{Case, Run};

/// The parsers take turns, so that a busy moment of the machine does not hit one of them alone.
const ROUNDS: usize = 9;

/// How long a turn takes at least.
const TURN: Duration = Duration::from_millis(30);

/// A line for each parser: case, parser, MB/s (10^6 octets), the median of all rounds.
pub(crate) fn print(case: &Case) {
    let stream: &'static [u8] = (case.stream)().leak();
    let mut turns: Vec<(&str, Run, Vec<Duration>)> = Vec::new();
    for contender in case.contenders {
        turns.push((contender.name, (contender.prepare)(stream), Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (_, pass, samples) in &mut turns {
            samples.push(turn(pass, case.messages));
        }
    }
    for (name, _, mut samples) in turns {
        samples.sort_unstable();
        let median = samples.get(ROUNDS / 2).copied().unwrap_or_default();
        let speed = stream.len() as f64 / median.as_secs_f64() / 1e6;
        println!("{}\t{name}\t{speed:.1}", case.name);
    }
}

/// How much of the processor's time one pass takes: what others run meanwhile is not ours.
fn turn(pass: &mut Run, messages: usize) -> Duration {
    let start = processor_time();
    for passes in 1.. {
        assert_eq!(pass(), messages);
        let elapsed = processor_time().saturating_sub(start);
        if elapsed >= TURN {
            return elapsed / passes;
        }
    }
    Duration::MAX
}

fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}
