//! What is answered when an endpoint cannot do what it was asked: Milvus's envelope of code and message.

use crate::error::Error;

/// A refusal. Its HTTP status is 200, as Milvus has it, but for who is not known and who may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Milvus's code.
    pub code: u16,
    /// Milvus's words.
    pub message: String,
}

/// Milvus's words for a body that is not as it should be.
const FORMAT: &str = "can only accept json format request";

impl Refusal {
    /// A refusal with these words.
    pub fn new(code: u16, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into() }
    }

    /// A body that is no JSON, or of other types.
    pub fn format(reason: &str) -> Refusal {
        Refusal::new(1801, format!("{FORMAT}, error: {reason}"))
    }

    /// No body at all.
    pub fn no_body() -> Refusal {
        Refusal::new(1801, format!("{FORMAT}, the request body should be nil, however {{}} is valid"))
    }

    /// Keys that must be there and are not: the name of the request in Milvus, and the keys.
    pub fn missing(form: &str, keys: &[&str]) -> Refusal {
        let mut message = "missing required parameters, error: ".to_string();
        for (at, key) in keys.iter().enumerate() {
            let field = field(key);
            message.push_str(if at == 0 { "" } else { "\n" });
            message +=
                &format!("Key: '{form}.{field}' Error:Field validation for '{field}' failed on the 'required' tag");
        }
        Refusal::new(1802, message)
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self.code {
            1800 => 401,
            1401 => 403,
            _ => 200,
        }
    }
}

/// The name in Milvus's sources of the field behind a key: `collectionName` is CollectionName, `id` is ID.
fn field(key: &str) -> String {
    match key {
        "id" => "ID".to_string(),
        "jobId" => "JobID".to_string(),
        _ => key[..1].to_ascii_uppercase() + &key[1..],
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        match &error {
            Error::WrongType { reason } => Refusal::format(reason),
            _ => Refusal::new(error.code(), error.to_string()),
        }
    }
}
