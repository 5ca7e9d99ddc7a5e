//! What is called how in words: instances by their names, never by what the log calls them, and what the
//! server says as sentences.

use crate::model::Model;

impl Model {
    /// A participant's name, by what it is called in the log. An instance that takes no part in the run
    /// is named after its number.
    #[must_use]
    pub fn name_of(&self, id: &str) -> String {
        let known = self.lanes.iter().find(|lane| lane.id == id).map(|lane| lane.name.clone());
        known.or_else(|| instance(id)).unwrap_or_else(|| id.to_owned())
    }

    /// What the server says, with the names of instances for what the log calls them.
    #[must_use]
    pub fn named(&self, said: &str) -> String {
        let name = |word: &str| {
            let id = word.trim_end_matches(|char: char| !char.is_ascii_alphanumeric());
            let rest = word.strip_prefix(id).unwrap_or_default();
            match instance(id) {
                Some(_) => format!("{}{rest}", self.name_of(id)),
                None => word.to_owned(),
            }
        };
        said.split(' ').map(name).collect::<Vec<String>>().join(" ")
    }
}

/// The name of `instance3`; none for what is no instance.
fn instance(id: &str) -> Option<String> {
    let number = id.strip_prefix("instance")?;
    let counts = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    counts.then(|| text::say("ladder-instance", &[("number", number.into())]))
}

/// Words that begin with a capital.
#[must_use]
pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str())
}

/// Words as a sentence: with a capital, and a full stop where nothing ends them.
#[must_use]
pub(crate) fn sentence(words: &str) -> String {
    let ended = words.is_empty() || words.ends_with(|char: char| ".!?…".contains(char));
    format!("{}{}", capital(words), if ended { "" } else { "." })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab_log::header;

    #[test]
    fn instances_are_called_by_their_names() {
        let model = Model::new(header("long_polling", &["browser", "instance1"]));
        assert_eq!(model.name_of("instance1"), "Instance 1");
        assert_eq!(model.name_of("instance3"), "Instance 3");
        assert_eq!(model.name_of("nobody"), "nobody");
        assert_eq!(model.name_of("instances"), "instances");
        let said = "instance takes one of instance1, instance2.";
        assert_eq!(model.named(said), "instance takes one of Instance 1, Instance 2.");
    }

    #[test]
    fn a_sentence_begins_with_a_capital_and_ends() {
        assert_eq!(sentence("it does not answer"), "It does not answer.");
        assert_eq!(sentence("This is over."), "This is over.");
        assert_eq!((sentence(""), capital("äb")), (String::new(), "Äb".to_owned()));
    }
}
