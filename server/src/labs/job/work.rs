//! The job itself: it does nothing but take its time, step by step, as the run's seed draws it.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::watch;
use tokio::time::Instant;
use trace::note::What;
use trace::spoken;

use super::callback;
use crate::listen::Service;
use crate::run::Run;

/// How far a run's job is.
#[derive(Debug, Default)]
pub struct Job {
    /// Steps that are done.
    done: watch::Sender<u64>,
    /// Whether its end is on its way to site.com, or nobody is to be told there.
    published: watch::Sender<bool>,
}

impl Job {
    /// How many steps are done, now and whenever it changes.
    pub fn told(&self) -> watch::Receiver<u64> {
        self.done.subscribe()
    }

    /// Resolves once its end is on its way to site.com, or nobody is to be told there.
    pub async fn published(&self) {
        let _ = self.published.subscribe().wait_for(|published| *published).await;
    }
}

/// When each step is done, from the start: each takes its own share of the whole, which is drawn too.
pub fn moments(seed: u64, steps: u64, whole: Duration) -> Vec<Duration> {
    let mut rng = StdRng::seed_from_u64(seed ^ 3);
    let whole = whole.mul_f64(rng.random_range(0.9..1.1));
    let shares: Vec<f64> = (0..steps).map(|_| rng.random_range(0.5..1.5)).collect();
    let all: f64 = shares.iter().sum();
    let mut upto = 0.0;
    let moment = |share: f64| {
        upto += share;
        whole.mul_f64(upto / all)
    };
    shares.into_iter().map(moment).collect()
}

/// Does a run's job, unless the run is over before, and lets site.com be told of its end.
pub async fn work(run: Arc<Run>, services: Vec<Service>) {
    let register = Box::pin(callback::register(&run, &services));
    let both = async { tokio::join!(register, all_steps(&run)).0 };
    let registered = tokio::select! {
        registered = both => Some(registered),
        () = run.until_over() => None,
    };
    match registered {
        Some(Ok(())) => Box::pin(callback::tell(&run)).await,
        Some(Err(error)) => {
            let why = format!("site.com could not register its callback: {error:#}");
            run.note(None, What::Refused { status: None, why });
        }
        None => {}
    }
    run.shared.job.published.send_replace(true);
}

async fn all_steps(run: &Run) {
    let began = Instant::now();
    let (job, of) = (spoken::job_of(&run.id), run.number("parts"));
    let whole = Duration::from_millis(run.number("job_ms"));
    for (done, at) in (1_u64..).zip(moments(run.log.header.seed, of, whole)) {
        tokio::time::sleep_until(began + at).await;
        // Noted before anybody is told, so that the log has the end before who learns of it.
        run.note(None, What::JobProgress { job: job.clone(), done, of });
        if done == of {
            run.note(None, What::JobDone { job: job.clone() });
        }
        run.shared.job.done.send_replace(done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_draws_how_long_each_step_takes() {
        let whole = Duration::from_secs(6);
        let seven = moments(7, 5, whole);
        assert_eq!(seven, moments(7, 5, whole));
        assert_ne!(seven, moments(8, 5, whole));
        for seed in 0..100 {
            let all = moments(seed, 50, whole);
            assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
            let end = all.last().copied().unwrap();
            assert!(end > whole.mul_f64(0.89) && end < whole.mul_f64(1.11), "{end:?}");
        }
        assert_eq!(moments(7, 1, whole).len(), 1);
    }
}
