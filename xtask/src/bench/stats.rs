//! Quantiles, and goals that are met or missed.

use serde_json::{Value, json};

/// The nearest-rank quantile: a value that was measured. Not a number where nothing was.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// Half of the values are at most this.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Least, median and most, as of a figure that each round has once.
pub fn spread(values: &[f64]) -> Value {
    json!({
        "min": rounded(quantile(values, 0.0)),
        "median": rounded(median(values)),
        "max": rounded(quantile(values, 1.0)),
    })
}

/// Median, 99th percentile and longest, as of a time that was taken often.
pub fn tail(values: &[f64]) -> Value {
    json!({
        "count": values.len(),
        "p50": rounded(median(values)),
        "p99": rounded(quantile(values, 0.99)),
        "max": rounded(quantile(values, 1.0)),
    })
}

/// Two digits after the point, below one four: more would be noise.
pub fn rounded(value: f64) -> f64 {
    let unit = if value.abs() < 1.0 { 10_000.0 } else { 100.0 };
    (value * unit).round() / unit
}

/// A goal that a figure must reach.
pub fn at_least(what: &str, goal: f64, is: f64) -> Value {
    json!({ "what": what, "at_least": goal, "is": rounded(is), "met": is >= goal })
}

/// A goal that a figure must not exceed.
pub fn at_most(what: &str, goal: f64, is: f64) -> Value {
    json!({ "what": what, "at_most": goal, "is": rounded(is), "met": is <= goal })
}

/// Whether every goal is met.
pub fn all_met(goals: &[Value]) -> bool {
    goals.iter().all(|goal| goal["met"] == json!(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(
            [0.0, 0.5, 0.99, 1.0].map(|share| quantile(&hundred, share)),
            [1.0, 50.0, 99.0, 100.0]
        );
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_goal_without_a_figure_is_missed() {
        assert_eq!(at_least("a", 2.0, 2.0)["met"], json!(true));
        assert_eq!(at_most("a", 2.0, 2.1)["met"], json!(false));
        let goals = [at_most("a", 2.0, 1.0), at_most("b", 2.0, f64::NAN)];
        assert!(all_met(&goals[..1]) && !all_met(&goals));
    }
}
