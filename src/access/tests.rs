use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::*;
use crate::engine::Options;
use crate::host::executor::Executor;
use crate::host::memory::MemoryHost;

/// Time that stands still and chance that counts.
#[derive(Default)]
struct Counting(Cell<u64>);

impl Clock for Counting {
    fn now_ms(&self) -> u64 {
        0
    }

    fn random(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

/// Runs `work` on a database to its end.
fn with_database<F: Future<Output = ()> + 'static>(work: impl FnOnce(Driver, Rc<dyn Clock>) -> F) {
    let executor = Executor::new(|| {});
    let clock: Rc<dyn Clock> = Rc::new(Counting::default());
    let options = Options::with_limit(1 << 30);
    let (driver, running) = Driver::new(Rc::new(MemoryHost::default()), options, clock.clone());
    executor.spawn(running);
    let is_done = Rc::new(Cell::new(false));
    let done = is_done.clone();
    let opened = driver.clone();
    let work = work(driver, clock);
    executor.spawn(async move {
        opened.open().await.unwrap();
        work.await;
        done.set(true);
    });
    for _ in 0..100_000 {
        if is_done.get() {
            return;
        }
        executor.turn();
    }
    panic!("the work has not come to its end");
}

fn owner() -> Option<Owner> {
    Some(Owner { name: ROOT.to_string(), password: "Milvus".to_string() })
}

fn need(privilege: &'static str, collection: &str) -> Need {
    Need::Collection { privilege, database: "default".to_string(), collection: collection.to_string() }
}

#[test]
fn without_an_owner_everybody_may_do_everything() {
    with_database(|driver, clock| async move {
        let access = Access::new(driver, clock, None);
        let caller = access.authenticate(None).await.unwrap();
        assert_eq!(access.check(&caller, &need("DropCollection", "books")).await, Ok(()));
        assert_eq!(access.list_users().await, Ok(vec![ROOT.to_string()]));
    });
}

#[test]
fn callers_say_who_they_are() {
    with_database(|driver, clock| async move {
        let access = Access::new(driver, clock, owner());
        access.create_user("ann", "secret1", "").await.unwrap();
        assert_eq!(access.authenticate(Some("root:Milvus")).await.unwrap().user.as_deref(), Some("root"));
        for _ in 0..2 {
            assert_eq!(access.authenticate(Some("ann:secret1")).await.unwrap().user.as_deref(), Some("ann"));
        }
        for wrong in [None, Some("ann"), Some("ann:"), Some("ann:secret2"), Some("root:milvus"), Some("bob:secret1")] {
            assert!(matches!(access.authenticate(wrong).await, Err(Error::Unauthenticated { .. })), "{wrong:?}");
        }
        access.update_password("ann", Some("secret1"), "secret2", None).await.unwrap();
        assert!(access.authenticate(Some("ann:secret1")).await.is_err());
        assert!(access.authenticate(Some("ann:secret2")).await.is_ok());
        assert!(access.update_password("ann", Some("secret1"), "secret3", None).await.is_err());
        access.drop_user("ann").await.unwrap();
        assert!(access.authenticate(Some("ann:secret2")).await.is_err());
    });
}

#[test]
fn root_has_roles_and_gets_no_password_by_them() {
    with_database(|driver, clock| async move {
        let open = Access::new(driver.clone(), clock.clone(), None);
        open.add_role(ROOT, PUBLIC).await.unwrap();
        let roles = |told: Option<UserDescription>| told.unwrap().roles;
        assert_eq!(roles(open.describe_user(ROOT).await.unwrap()), [ADMIN, PUBLIC]);
        let public = open.list_roles().await.unwrap().pop().unwrap();
        assert_eq!((public.name.as_str(), public.users), (PUBLIC, vec![ROOT.to_string()]));
        let named = Some(Owner { name: "boss".to_string(), password: "secret1".to_string() });
        let closed = Access::new(driver.clone(), clock.clone(), named);
        closed.add_role("boss", PUBLIC).await.unwrap();
        for wrong in ["root:", "root:Milvus", "boss:", "boss:Milvus"] {
            assert!(closed.authenticate(Some(wrong)).await.is_err(), "{wrong}");
        }
        assert!(closed.authenticate(Some("boss:secret1")).await.is_ok());
        let open = Access::new(driver, clock, None);
        open.remove_role(ROOT, PUBLIC).await.unwrap();
        assert_eq!(roles(open.describe_user(ROOT).await.unwrap()), [ADMIN]);
        assert!(open.add_role("nobody", PUBLIC).await.is_err());
        open.update_password(ROOT, Some("Milvus"), "secret2", None).await.unwrap();
        assert!(open.update_password(ROOT, Some("Milvus"), "secret3", None).await.is_err());
    });
}

#[test]
fn grants_are_told_in_order() {
    with_database(|driver, clock| async move {
        let access = Access::new(driver, clock, owner());
        access.create_role("reader", "").await.unwrap();
        for (privilege, collection) in [("Search", "books"), ("Query", "letters"), ("Query", "books")] {
            access.grant("reader", Grant::on(privilege, "default", collection, ROOT)).await.unwrap();
        }
        let told = access.list_grants("reader").await.unwrap();
        let told: Vec<_> = told.iter().map(|grant| (grant.object_name.as_str(), grant.privilege.as_str())).collect();
        assert_eq!(told, [("books", "Query"), ("books", "Search"), ("letters", "Query")]);
        let again = access.create_user("ann", "secret1", "").await.and(access.create_user("ann", "secret1", "").await);
        assert!(again.unwrap_err().to_string().starts_with("user already exists: ann"));
    });
}

#[test]
fn a_reader_can_read_and_not_write() {
    with_database(|driver, clock| async move {
        let access = Access::new(driver, clock, owner());
        access.create_user("ann", "secret1", "").await.unwrap();
        access.create_role("reader", "").await.unwrap();
        access.grant("reader", Grant::on("CollectionReadOnly", "default", "books", ROOT)).await.unwrap();
        let caller = access.authenticate(Some("ann:secret1")).await.unwrap();
        assert!(access.check(&caller, &need("Search", "books")).await.is_err());
        access.add_role("ann", "reader").await.unwrap();
        for privilege in ["Search", "Query", "GetStatistics", "DescribeCollection"] {
            assert_eq!(access.check(&caller, &need(privilege, "books")).await, Ok(()), "{privilege}");
        }
        for privilege in ["Insert", "Delete", "Upsert", "DropCollection", "CreateIndex", "Load"] {
            assert!(
                matches!(access.check(&caller, &need(privilege, "books")).await, Err(Error::Denied { .. })),
                "{privilege}"
            );
        }
        assert!(access.check(&caller, &need("Search", "letters")).await.is_err());
        // A privilege on one collection is none on its database.
        access.grant("reader", Grant::on("DropCollection", "default", "books", ROOT)).await.unwrap();
        let drop = Need::Database { privilege: "DropCollection", database: "default".to_string() };
        assert!(access.check(&caller, &drop).await.is_err());
        assert!(access.check(&caller, &need("DropCollection", "books")).await.is_err(), "whoever asks for which");
        access.grant("reader", Grant::on("DropCollection", "default", "", ROOT)).await.unwrap();
        assert_eq!(access.check(&caller, &drop).await, Ok(()));
        assert_eq!(access.check(&caller, &need("DropCollection", "books")).await, Ok(()));
        let (database, collection) = ("other".to_string(), "books".to_string());
        let elsewhere = Need::Collection { privilege: "Search", database, collection };
        assert!(access.check(&caller, &elsewhere).await.is_err());
        access.revoke("reader", Grant::on("CollectionReadOnly", "default", "books", ROOT)).await.unwrap();
        assert!(access.check(&caller, &need("Search", "books")).await.is_err());
    });
}

#[test]
fn groups_and_wildcards_count() {
    with_database(|driver, clock| async move {
        let access = Access::new(driver, clock, owner());
        access.create_user("ann", "secret1", "").await.unwrap();
        access.create_role("writer", "").await.unwrap();
        access.add_role("ann", "writer").await.unwrap();
        access.create_group("writing").await.unwrap();
        access.change_group("writing", &["Insert".to_string(), "Delete".to_string()], false).await.unwrap();
        access.grant("writer", Grant::on("writing", "*", "", ROOT)).await.unwrap();
        let caller = access.authenticate(Some("ann:secret1")).await.unwrap();
        assert_eq!(access.check(&caller, &need("Insert", "books")).await, Ok(()));
        assert!(access.drop_group("writing").await.is_err());
        access.change_group("writing", &["Insert".to_string()], true).await.unwrap();
        assert!(access.check(&caller, &need("Insert", "books")).await.is_err());
        assert_eq!(access.check(&caller, &need("Delete", "books")).await, Ok(()));
        assert!(access.drop_role("writer", false).await.is_err());
        access.drop_role("writer", true).await.unwrap();
        assert!(access.check(&caller, &need("Delete", "books")).await.is_err());
        access.add_role("ann", ADMIN).await.unwrap();
        assert_eq!(access.check(&caller, &need("DropCollection", "books")).await, Ok(()));
    });
}

#[test]
fn what_was_changed_is_stored() {
    with_database(|driver, clock| async move {
        let access = Access::new(driver.clone(), clock.clone(), owner());
        access.list_users().await.unwrap();
        // Both are begun before either is stored.
        let mut one = pin!(access.create_user("ann", "secret1", "a reader"));
        let mut two = pin!(access.create_user("bob", "secret2", ""));
        let begun = poll_fn(|context| {
            Poll::Ready(one.as_mut().poll(context).is_pending() && two.as_mut().poll(context).is_pending())
        });
        assert!(begun.await);
        one.await.unwrap();
        two.await.unwrap();
        access.create_role("reader", "may look").await.unwrap();
        access.grant("reader", Grant::on("Search", "default", "", ROOT)).await.unwrap();
        let again = Access::new(driver, clock, owner());
        assert_eq!(again.list_users().await, access.list_users().await);
        assert_eq!(again.describe_user("ann").await, access.describe_user("ann").await);
        assert_eq!(again.list_roles().await, access.list_roles().await);
        assert_eq!(again.list_grants("reader").await.unwrap().len(), 1);
        assert!(again.authenticate(Some("bob:secret2")).await.is_ok());
    });
}

#[test]
fn what_breaks_the_rules_is_refused() {
    with_database(|driver, clock| async move {
        let access = Access::new(driver, clock, None);
        for name in ["", "1a", "a b", "ä", &"a".repeat(33)] {
            assert!(access.create_user(name, "secret1", "").await.is_err(), "{name}");
        }
        for password in ["", "short", &"a".repeat(73)] {
            assert!(access.create_user("ann", password, "").await.is_err(), "{password}");
        }
        access.create_user("ann", "secret1", "").await.unwrap();
        assert!(access.create_user("ann", "secret1", "").await.is_err());
        assert!(access.create_user(ROOT, "secret1", "").await.is_err());
        assert!(access.drop_user(ROOT).await.is_err());
        assert!(access.drop_role(ADMIN, true).await.is_err());
        assert!(access.add_role("ann", "nobody").await.is_err());
        assert!(access.add_role("nobody", ADMIN).await.is_err());
        access.create_role("reader", "").await.unwrap();
        assert!(access.grant("reader", Grant::on("Fly", "", "", ROOT)).await.is_err());
        assert!(access.grant("nobody", Grant::on("Search", "", "", ROOT)).await.is_err());
        assert!(access.change_group("CollectionReadOnly", &["Insert".to_string()], false).await.is_err());
    });
}
