//! Passwords: rules, salted hashes, comparison that takes the same time whatever is wrong.

use pbkdf2::pbkdf2_hmac;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::sorted::SortedMap;

/// Rounds of a new hash: some tens of milliseconds, once a user and process.
const ROUNDS: u32 = 20_000;

const LENGTHS: std::ops::RangeInclusive<usize> = 6..=72;

/// A stored password: PBKDF2 with HMAC-SHA-256 (RFC 8018).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hash {
    salt: [u8; 16],
    rounds: u32,
    digest: [u8; 32],
}

impl Hash {
    /// The hash of a password.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one that is too short or too long.
    pub fn new(password: &str, chance: [u64; 2]) -> Result<Hash> {
        if !LENGTHS.contains(&password.len()) {
            let (shortest, longest) = LENGTHS.into_inner();
            let length = password.len();
            return Err(Error::invalid(format!(
                "the length of a password must be between {shortest} and {longest}, got {length}"
            )));
        }
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&chance[0].to_le_bytes());
        salt[8..].copy_from_slice(&chance[1].to_le_bytes());
        Ok(Hash { salt, rounds: ROUNDS, digest: digest(password, &salt, ROUNDS) })
    }

    /// The hash of no password.
    pub const fn none() -> Hash {
        Hash { salt: [0; 16], rounds: 0, digest: [0; 32] }
    }

    /// Whether there is no password that it is the hash of.
    pub fn is_none(&self) -> bool {
        self.rounds == 0
    }

    /// Whether it is the hash of that password.
    pub fn is_of(&self, password: &str) -> bool {
        !self.is_none() && same(&self.digest, &digest(password, &self.salt, self.rounds))
    }
}

fn digest(password: &str, salt: &[u8], rounds: u32) -> [u8; 32] {
    let mut digest = [0; 32];
    pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, rounds, &mut digest);
    digest
}

/// Compares two secrets in a time that depends on neither's content.
pub fn equal(one: &str, other: &str) -> bool {
    same(&Sha256::digest(one).into(), &Sha256::digest(other).into())
}

fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// Passwords that were right before, so that not every call pays for the slow hash. Of each it keeps a quick hash with a
/// key of this process, and the slow one that it belongs to.
pub struct Seen {
    key: u64,
    by_user: SortedMap<String, ([u8; 32], Hash)>,
}

impl Seen {
    /// Nothing seen yet.
    pub fn new(key: u64) -> Seen {
        Seen { key, by_user: SortedMap::new() }
    }

    /// Whether the password of a user is that of `hash`.
    pub fn check(&mut self, user: &str, password: &str, hash: &Hash) -> bool {
        let quick: [u8; 32] =
            Sha256::new().chain_update(self.key.to_le_bytes()).chain_update(password).finalize().into();
        if self.by_user.get(user).is_some_and(|(seen, of)| of == hash && same(seen, &quick)) {
            return true;
        }
        let is_right = hash.is_of(password);
        if is_right {
            self.by_user.insert(user.to_string(), (quick, hash.clone()));
        }
        is_right
    }
}
