//! What was given for a run's parameters, held against what the lab has.

use serde_json::{Map, Value};
use trace::studio::{Lab, Param, ParamKind};

/// A parameter that is not of the kind or range that it must be, or is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadParam {
    /// There is no such parameter.
    #[error("this lab has no parameter {name}; it has {known}")]
    Unknown { name: String, known: String },
    /// It is not a whole number in the range.
    #[error("{name} takes a whole number from {min} to {max}")]
    Range { name: String, min: u64, max: u64 },
    /// It is not true or false.
    #[error("{name} takes true or false")]
    Boolean { name: String },
    /// It is none of the words.
    #[error("{name} takes one of {options}")]
    Choice { name: String, options: String },
}

/// Every parameter of a lab with its value: what was given, else the default.
///
/// # Errors
/// The first that is not as it must be.
pub fn fill(lab: &Lab, mut given: Map<String, Value>) -> Result<Map<String, Value>, BadParam> {
    let mut filled = Map::new();
    for param in &lab.params {
        let value = match given.remove(&param.name) {
            Some(value) => check(param, value)?,
            None => default(&param.kind),
        };
        filled.insert(param.name.clone(), value);
    }
    if let Some((name, _)) = given.into_iter().next() {
        let known: Vec<&str> = lab.params.iter().map(|param| param.name.as_str()).collect();
        return Err(BadParam::Unknown { name, known: known.join(", ") });
    }
    Ok(filled)
}

fn check(param: &Param, value: Value) -> Result<Value, BadParam> {
    let name = param.name.clone();
    match &param.kind {
        ParamKind::Integer { min, max, .. } => match value.as_u64() {
            Some(number) if (*min..=*max).contains(&number) => Ok(value),
            _ => Err(BadParam::Range { name, min: *min, max: *max }),
        },
        ParamKind::Boolean { .. } if value.is_boolean() => Ok(value),
        ParamKind::Boolean { .. } => Err(BadParam::Boolean { name }),
        ParamKind::Choice { options, .. } => match value.as_str() {
            Some(word) if options.iter().any(|option| option == word) => Ok(value),
            _ => Err(BadParam::Choice { name, options: options.join(", ") }),
        },
    }
}

fn default(kind: &ParamKind) -> Value {
    match kind {
        ParamKind::Integer { default, .. } => Value::from(*default),
        ParamKind::Boolean { default } => Value::from(*default),
        ParamKind::Choice { default, .. } => Value::from(default.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::http10;
    use serde_json::json;

    #[test]
    fn parameters_are_checked_by_name_and_range() {
        let lab = http10::describe();
        let fill = |value: Value| fill(&lab, value.as_object().cloned().unwrap());
        let filled = fill(json!({"requests": 5})).unwrap();
        assert_eq!((&filled["requests"], &filled["link_ms"]), (&json!(5), &json!(40)));
        for (given, said) in [
            (json!({"requests": 0}), "requests takes a whole number from 1 to 20"),
            (json!({"requests": "3"}), "requests takes a whole number from 1 to 20"),
            (json!({"pause": 1}), "pause takes true or false"),
            (json!({"peer": "cat"}), "peer takes one of browser, agent"),
        ] {
            assert_eq!(fill(given).unwrap_err().to_string(), said);
        }
        assert!(fill(json!({"reqests": 3})).unwrap_err().to_string().contains("it has requests"));
    }
}
