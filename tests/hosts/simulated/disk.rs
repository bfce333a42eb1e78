//! A disk that keeps only what was synced, and a record of everything that was asked of it, from which the state
//! after a power cut at any moment can be made.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a disk writes as a whole.
pub const SECTOR_BYTES: usize = 64;

/// Files by name.
pub type Image = BTreeMap<String, Vec<u8>>;

/// Something asked of a disk.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Makes an empty file, replacing one of that name.
    Create(String),
    /// Adds bytes to a file.
    Append(String, Vec<u8>),
    /// Waits until a file's bytes are kept; its name may still be lost.
    Sync(String),
    /// Removes a file.
    Remove(String),
    /// Waits until all names are kept.
    SyncFolder,
}

/// What becomes of the work that was not synced when the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Survival {
    /// The operation under way was not begun, and nothing unsynced survives.
    NotDone,
    /// The operation is done, and everything survives.
    Done,
    /// Names survive; the last bytes written end after so many eighths of their sectors, in the middle of one when
    /// the flag is set.
    Torn(usize, bool),
    /// Bytes survive and names do not.
    BytesFirst,
    /// Names survive and bytes do not.
    NamesFirst,
    /// Of the unsynced bytes of each file only those sectors survive whose number is odd (or even), and zeros lie
    /// in the holes.
    Holes(bool),
    /// Of the changes of names only the last survives.
    LastName,
}

/// All ways to survive.
pub const SURVIVALS: [Survival; 15] = [
    Survival::NotDone,
    Survival::Done,
    Survival::Torn(0, true),
    Survival::Torn(1, false),
    Survival::Torn(2, true),
    Survival::Torn(3, false),
    Survival::Torn(4, true),
    Survival::Torn(5, false),
    Survival::Torn(6, true),
    Survival::Torn(7, false),
    Survival::BytesFirst,
    Survival::NamesFirst,
    Survival::Holes(false),
    Survival::Holes(true),
    Survival::LastName,
];

/// A disk in use. A clone is another handle to it.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    state: Rc<RefCell<State>>,
}

#[derive(Debug, Default)]
struct State {
    before: Image,
    now: Image,
    operations: Vec<Operation>,
}

impl Disk {
    /// A disk that holds `image`, all of it synced.
    pub fn new(image: Image) -> Disk {
        Disk { state: Rc::new(RefCell::new(State { before: image.clone(), now: image, operations: Vec::new() })) }
    }

    /// Does an operation.
    pub fn run(&self, operation: Operation) {
        let mut state = self.state.borrow_mut();
        match &operation {
            Operation::Create(file) => {
                state.now.insert(file.clone(), Vec::new());
            }
            Operation::Append(file, bytes) => {
                state.now.get_mut(file).expect("only files that exist are appended to").extend_from_slice(bytes);
            }
            Operation::Remove(file) => {
                state.now.remove(file);
            }
            Operation::Sync(_) | Operation::SyncFolder => {}
        }
        state.operations.push(operation);
    }

    /// The files as whoever uses the disk sees them.
    pub fn files(&self) -> Ref<'_, Image> {
        Ref::map(self.state.borrow(), |state| &state.now)
    }

    /// How many operations were asked so far.
    pub fn operation_count(&self) -> usize {
        self.state.borrow().operations.len()
    }

    /// What is found after the power went during operation `cut` (from 0), or after all when there are no more.
    pub fn after_power_cut(&self, cut: usize, survival: Survival) -> Image {
        let state = self.state.borrow();
        let done = if survival == Survival::NotDone { cut } else { (cut + 1).min(state.operations.len()) };
        let mut platter = Platter::new(&state.before);
        for operation in &state.operations[..done] {
            platter.run(operation);
        }
        platter.image(survival)
    }
}

/// A file: bytes that are kept, then bytes that may be lost.
#[derive(Debug, Clone, Default)]
struct File {
    bytes: Vec<u8>,
    synced: usize,
}

enum NameChange {
    Bind(String, usize),
    Unbind(String),
}

/// What a disk really holds while operations go on.
struct Platter {
    files: Vec<File>,
    /// Names that are kept.
    kept: BTreeMap<String, usize>,
    /// Names as they are seen.
    seen: BTreeMap<String, usize>,
    changes: Vec<NameChange>,
    last_append: Option<(usize, usize)>,
}

impl Platter {
    fn new(image: &Image) -> Platter {
        let files = image.values().map(|bytes| File { bytes: bytes.clone(), synced: bytes.len() }).collect();
        let kept: BTreeMap<String, usize> = image.keys().cloned().zip(0..).collect();
        Platter { files, seen: kept.clone(), kept, changes: Vec::new(), last_append: None }
    }

    fn run(&mut self, operation: &Operation) {
        match operation {
            Operation::Create(name) => {
                let file = self.files.len();
                self.files.push(File::default());
                self.seen.insert(name.clone(), file);
                self.changes.push(NameChange::Bind(name.clone(), file));
            }
            Operation::Append(name, bytes) => {
                let file = self.seen[name];
                self.last_append = Some((file, self.files[file].bytes.len()));
                self.files[file].bytes.extend_from_slice(bytes);
            }
            Operation::Sync(name) => {
                let file = &mut self.files[self.seen[name]];
                file.synced = file.bytes.len();
            }
            Operation::Remove(name) => {
                self.seen.remove(name);
                self.changes.push(NameChange::Unbind(name.clone()));
            }
            Operation::SyncFolder => {
                self.kept = self.seen.clone();
                self.changes.clear();
            }
        }
    }

    fn image(&self, survival: Survival) -> Image {
        let names = match survival {
            Survival::NotDone | Survival::BytesFirst => self.kept.clone(),
            Survival::Done | Survival::Torn(..) | Survival::NamesFirst | Survival::Holes(_) => self.seen.clone(),
            Survival::LastName => {
                let mut names = self.kept.clone();
                match self.changes.last() {
                    Some(NameChange::Bind(name, file)) => names.insert(name.clone(), *file),
                    Some(NameChange::Unbind(name)) => names.remove(name),
                    None => None,
                };
                names
            }
        };
        names.into_iter().map(|(name, file)| (name, self.bytes(file, survival))).collect()
    }

    fn bytes(&self, number: usize, survival: Survival) -> Vec<u8> {
        let file = &self.files[number];
        match survival {
            Survival::NotDone | Survival::NamesFirst => file.bytes[..file.synced].to_vec(),
            Survival::Done | Survival::BytesFirst | Survival::LastName => file.bytes.clone(),
            Survival::Torn(eighths, is_inside) => {
                let Some((torn, start)) = self.last_append.filter(|(torn, _)| *torn == number) else {
                    return file.bytes.clone();
                };
                let start = start.max(self.files[torn].synced);
                let sectors = (file.bytes.len() - start).div_ceil(SECTOR_BYTES);
                let end =
                    start + sectors * eighths / 8 * SECTOR_BYTES + if is_inside { SECTOR_BYTES / 2 + 1 } else { 0 };
                file.bytes[..end.min(file.bytes.len())].to_vec()
            }
            Survival::Holes(odd) => {
                let mut bytes = file.bytes.clone();
                for (sector, lost) in bytes[file.synced..].chunks_mut(SECTOR_BYTES).enumerate() {
                    if (sector % 2 == 1) != odd {
                        lost.fill(0);
                    }
                }
                bytes
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(files: &[(&str, &[u8])]) -> Image {
        files.iter().map(|(name, bytes)| (name.to_string(), bytes.to_vec())).collect()
    }

    #[test]
    fn a_power_cut_takes_what_was_not_synced() {
        let disk = Disk::new(image(&[("old", b"kept")]));
        let name = || "new".to_string();
        disk.run(Operation::Create(name()));
        disk.run(Operation::Append(name(), vec![1; 2 * SECTOR_BYTES]));
        disk.run(Operation::Sync(name()));
        disk.run(Operation::SyncFolder);
        disk.run(Operation::Append(name(), vec![2; SECTOR_BYTES]));
        let with = |bytes: &[u8]| image(&[("old", b"kept"), ("new", bytes)]);
        let (first, all) = ([1; 2 * SECTOR_BYTES], [vec![1; 2 * SECTOR_BYTES], vec![2; SECTOR_BYTES]].concat());
        assert_eq!(disk.after_power_cut(1, Survival::NotDone), image(&[("old", b"kept")]));
        assert_eq!(disk.after_power_cut(1, Survival::NamesFirst), with(&[]));
        assert_eq!(disk.after_power_cut(1, Survival::BytesFirst), image(&[("old", b"kept")]));
        assert_eq!(disk.after_power_cut(1, Survival::Torn(4, false)), with(&first[..SECTOR_BYTES]));
        assert_eq!(disk.after_power_cut(3, Survival::NotDone), image(&[("old", b"kept")]));
        assert_eq!(disk.after_power_cut(3, Survival::NamesFirst), with(&first));
        assert_eq!(disk.after_power_cut(4, Survival::NotDone), with(&first));
        assert_eq!(disk.after_power_cut(4, Survival::Torn(0, true)), with(&all[..2 * SECTOR_BYTES + 33]));
        assert_eq!(disk.after_power_cut(4, Survival::Holes(true)), with(&[&first[..], &[0; SECTOR_BYTES]].concat()));
        assert_eq!(disk.after_power_cut(4, Survival::Done), with(&all));
    }
}
