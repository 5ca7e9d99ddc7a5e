//! A real Chromium with a fresh profile, driven over WebDriver. It is closed with the test.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::within;

/// How long something on the page may take to come about.
pub const SOON: Duration = Duration::from_secs(15);

/// What Chromium is started with: no window, and no calls of its own to anywhere.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
];

/// A size of the page.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
}

/// The sizes at which the page is looked at: a desk, a tablet, a phone.
pub const SIZES: [Size; 3] = [
    Size { width: 1440, height: 900 },
    Size { width: 1024, height: 768 },
    Size { width: 390, height: 844 },
];

/// A browser with one page.
pub struct Browser {
    /// The way to it.
    pub driver: WebDriver,
    _chromedriver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser of this size.
    pub async fn start(size: Size) -> Self {
        Self::start_with(size, &[]).await
    }

    /// Starts one that trusts every certificate, as one trusts the authority in which it was put.
    pub async fn trusting(size: Size) -> Self {
        Self::start_with(size, &["--ignore-certificate-errors"]).await
    }

    async fn start_with(size: Size, more: &[&str]) -> Self {
        let (chromedriver, port) = chromedriver().await;
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in ARGUMENTS.iter().chain(more) {
            capabilities.add_arg(argument).unwrap();
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        if let Ok(chromium) = std::env::var("LIFELINE_CHROMIUM") {
            capabilities.set_binary(&chromium).unwrap();
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await;
        let driver = driver.expect("Chromium starts");
        let browser = Self { driver, _chromedriver: chromedriver, _profile: profile };
        let metrics = json!({
            "width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": false,
        });
        browser.tell("Emulation.setDeviceMetricsOverride", metrics).await;
        browser
    }

    async fn tell(&self, method: &str, parameters: Value) {
        self.driver.cdp().send_raw(method, parameters).await.expect("Chromium does as told");
    }

    /// Light or dark, as the system would wish it.
    pub async fn scheme(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.tell("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Opens the page and waits until it has its labs.
    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.expect("the page opens");
        self.wait("document.querySelector('.page')").await;
    }

    /// What a piece of JavaScript gives.
    pub async fn eval(&self, script: &str) -> Value {
        let result = self.driver.execute(format!("return ({script});"), Vec::new()).await;
        result.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// What a piece of JavaScript gives to the function that it gets as its last argument.
    pub async fn eval_async(&self, script: &str) -> Value {
        let result = self.driver.execute_async(script, Vec::new()).await;
        result.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// Presses keys, wherever the focus is, by the names that the page hears.
    pub async fn press(&self, keys: &[&str]) {
        for key in keys {
            let script = format!(
                "(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent(\
                 'keydown', {{ key: {key:?}, shiftKey: /^[A-Z]$/.test({key:?}), bubbles: true, \
                 cancelable: true }}))"
            );
            self.eval(&script).await;
        }
    }

    /// The entries whose marks of a kind are drawn, as the ladder is scrolled from top to bottom.
    pub async fn drawn(&self, selector: &str) -> BTreeSet<u64> {
        let script = format!(
            "const done = arguments[0]; const all = new Set(); \
             const ladder = document.querySelector('.ladder-scroll'); \
             (async () => {{ for (let top = 0; ; top += 200) {{ ladder.scrollTop = top; \
               await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame); \
               for (const mark of document.querySelectorAll({:?})) all.add(+mark.dataset.seq); \
               if (ladder.scrollTop < top) break; }} done([...all]); }})();",
            format!("#shapes {selector}")
        );
        let marks = self.eval_async(&script).await;
        marks.as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
    }

    /// Waits until a piece of JavaScript gives something true.
    pub async fn wait(&self, script: &str) {
        let until = Instant::now() + SOON;
        while self.eval(&format!("!!({script})")).await != json!(true) {
            if Instant::now() >= until {
                let text = self.eval("document.body.innerText").await;
                panic!("not within {SOON:?}: {script}\n{text}");
            }
            sleep(Duration::from_millis(30)).await;
        }
    }

    /// The text of the first element of a selector.
    pub async fn text(&self, selector: &str) -> String {
        let script = format!("document.querySelector({selector:?})?.textContent ?? ''");
        self.eval(&script).await.as_str().unwrap_or_default().to_owned()
    }

    /// How many elements a selector has.
    pub async fn count(&self, selector: &str) -> u64 {
        let script = format!("document.querySelectorAll({selector:?}).length");
        self.eval(&script).await.as_u64().unwrap_or_default()
    }

    /// The first element of a selector.
    pub async fn find(&self, selector: &str) -> WebElement {
        let found = self.driver.find(By::Css(selector)).await;
        found.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// Clicks on the first element of a selector.
    pub async fn click(&self, selector: &str) {
        self.find(selector)
            .await
            .click()
            .await
            .unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Presses a key, wherever the focus is.
    pub async fn key(&self, key: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(key).perform().await.expect("a key can be pressed");
    }

    /// Shows a lab.
    pub async fn lab(&self, id: &str) {
        self.wait(&format!("document.querySelector('a.lab[href=\"#{id}\"]')")).await;
        self.click(&format!("a.lab[href=\"#{id}\"]")).await;
        self.wait(&format!("document.querySelector('a.lab[aria-current][href=\"#{id}\"]')")).await;
    }

    /// Turns a knob that takes a number.
    pub async fn knob(&self, name: &str, value: u64) {
        let knob = self.find(&format!("#knob-{name}")).await;
        // As a person would: all that stands there is marked, and typing replaces it.
        knob.send_keys(Key::Control + "a").await.expect("text can be marked");
        knob.send_keys(value.to_string()).await.expect("a knob can be turned");
    }

    /// Presses Run and waits until the run is over. Gives the run's name.
    pub async fn run(&self) -> String {
        self.click("#run").await;
        self.wait("document.querySelector('#run-state')?.textContent === 'Finished'").await;
        self.run_id().await
    }

    /// The name of the run that is shown.
    pub async fn run_id(&self) -> String {
        let script = "document.querySelector('a[download]')?.href.split('/')[5] ?? ''";
        self.wait(&format!("({script}) !== ''")).await;
        self.eval(script).await.as_str().unwrap_or_default().to_owned()
    }

    /// Shows a log from a file.
    pub async fn open_log(&self, path: &std::path::Path) {
        let input = self.find("#open-log").await;
        input.send_keys(path.display().to_string()).await.expect("a file can be chosen");
    }

    /// Takes a picture of the page into the target folder's `screenshots`.
    pub async fn picture(&self, name: &str) {
        let folder = screenshots();
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let path = folder.join(format!("{name}.png"));
        self.driver.screenshot(&path).await.expect("a picture can be taken");
    }
}

/// Where pictures go: beside the test's own program, so never into the checkout's files.
pub fn screenshots() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a program");
    let target = test.ancestors().nth(3).expect("it lies in a target folder");
    target.join("screenshots")
}

/// Starts chromedriver on a free port. The port that it was given may be taken before it listens
/// there: it then gives up, and is started again.
async fn chromedriver() -> (Child, u16) {
    for _ in 0..3 {
        if let Some(started) = try_chromedriver().await {
            return started;
        }
    }
    panic!("chromedriver gave up three times");
}

async fn try_chromedriver() -> Option<(Child, u16)> {
    let program = std::env::var("LIFELINE_CHROMEDRIVER").unwrap_or("chromedriver".to_owned());
    let mut child = Command::new(&program)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; cargo xtask test installs it"));
    let mut lines = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
    let port = within(SOON, "chromedriver tells its port", async {
        while let Some(line) = lines.next_line().await.expect("text") {
            let port = line
                .rsplit("on port ")
                .next()
                .and_then(|port| port.trim_end_matches('.').parse().ok());
            if let (true, Some(port)) = (line.contains("started successfully"), port) {
                return Some(port);
            }
        }
        None
    })
    .await?;
    // Its output must go on being read, else it stops.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Some((child, port))
}
