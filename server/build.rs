//! The page is embedded, so a new page makes a new program.

fn main() {
    println!("cargo:rerun-if-changed=../dist");
}
