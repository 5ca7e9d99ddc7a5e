//! Progress: what is being done, how far it is and how long it took.

use std::time::{Duration, Instant};

use anyhow::Result;

/// A known number of stages, announced as they start.
pub struct Steps {
    total: usize,
    started: Instant,
    done: Vec<Stage>,
}

struct Stage {
    name: &'static str,
    took: Duration,
    passed: bool,
}

impl Steps {
    /// Begins to count; `total` stages will follow.
    pub fn new(total: usize) -> Self {
        Self { total, started: now(), done: Vec::new() }
    }

    /// Announces a stage, does it, and remembers how it went.
    pub fn step<T>(
        &mut self,
        name: &'static str,
        what: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let begun = now();
        let so_far = begun.duration_since(self.started).as_secs();
        eprintln!("[{}/{}] {what} … ({so_far} s so far)", self.done.len() + 1, self.total);
        let result = work();
        let took = now().duration_since(begun);
        self.done.push(Stage { name, took, passed: result.is_ok() });
        result
    }

    /// Like [`Self::step`], but a failure is reported and the next stage still runs.
    pub fn try_step(&mut self, name: &'static str, what: &str, work: impl FnOnce() -> Result<()>) {
        if let Err(error) = self.step(name, what, work) {
            eprintln!("error: {error:#}");
        }
    }

    /// Whether every stage ran and passed.
    pub fn passed(&self) -> bool {
        self.done.len() == self.total && self.done.iter().all(|stage| stage.passed)
    }

    /// One line with each stage, its outcome and its seconds.
    pub fn summary(&self) -> String {
        let stages: Vec<String> = self
            .done
            .iter()
            .map(|stage| {
                let outcome = if stage.passed { "passed" } else { "FAILED" };
                format!("{} {outcome} ({:.1} s)", stage.name, stage.took.as_secs_f64())
            })
            .collect();
        let rest = self.total - self.done.len();
        let rest = if rest == 0 { String::new() } else { format!(", {rest} not reached") };
        format!("{}{rest}", stages.join(", "))
    }
}

/// A remark under the stage that is running.
pub fn note(what: &str) {
    eprintln!("      {what}");
}

/// Now, for what is timed.
#[expect(clippy::disallowed_methods, reason = "builds are timed by the machine's own clock")]
pub fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_names_what_passed_failed_and_was_not_reached() {
        let mut steps = Steps::new(3);
        steps.step("page", "building", || Ok(())).unwrap();
        steps.try_step("native", "testing", || anyhow::bail!("planted"));
        let summary = steps.summary();
        assert!(summary.contains("page passed ("), "{summary}");
        assert!(summary.contains("native FAILED ("), "{summary}");
        assert!(summary.ends_with("1 not reached"), "{summary}");
        assert!(!steps.passed());
    }
}
