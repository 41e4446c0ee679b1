//! `kill -9` before every step of disk and mailbox, and a second gateway that goes on with what is left.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::mailbox::{Filed, Mailboxes, Post, synced};
use crate::config::SentConfig;
use crate::sent::Copies;
use crate::sent::files::{Files, Place, Visit};
use crate::sent::queue::Schedule;
use crate::sent::shared::Shared;

/// The world at one moment.
struct Moment {
    spool: PathBuf,
    filed: Filed,
    /// Whether the MTA may have had the message's end, and whether the client has had its 250.
    sent: bool,
    accepted: bool,
}

#[derive(Clone)]
struct Camera {
    spool: PathBuf,
    album: PathBuf,
    mailboxes: Mailboxes,
    moments: Arc<Mutex<Vec<Moment>>>,
    reached: Arc<Mutex<(bool, bool)>>,
}

impl Camera {
    fn shoot(&self) {
        let mut moments = self.moments.lock().unwrap();
        let spool = self.album.join(moments.len().to_string());
        copy(&self.spool, &spool);
        let (sent, accepted) = *self.reached.lock().unwrap();
        moments.push(Moment {
            spool,
            filed: self.mailboxes.filed(),
            sent,
            accepted,
        });
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let to = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).unwrap();
        }
    }
}

/// One message from its first octet to the end of its copy, with a picture before each step.
async fn film(folder: &Path, message_id: &str) -> Vec<Moment> {
    let camera = Camera {
        spool: folder.join("spool"),
        album: folder.to_owned(),
        mailboxes: Mailboxes::default(),
        moments: Arc::default(),
        reached: Arc::default(),
    };
    let watching = camera.clone();
    let files = Files::watched(
        &camera.spool,
        Box::new(move |_| {
            watching.shoot();
            Ok(())
        }),
    );
    let shared = Shared::new(Box::new(files.unwrap()), Schedule::new(&SentConfig::default()));
    let copies = Copies::on(shared.unwrap(), &SentConfig::default());
    let watching = camera.clone();
    camera.mailboxes.tell(move || watching.shoot());
    let post = Post::on(copies.clone(), &camera.mailboxes);
    let copy = synced(&copies, "alice", message_id).await;
    camera.reached.lock().unwrap().0 = true;
    camera.shoot();
    copy.queue().await;
    camera.reached.lock().unwrap().1 = true;
    post.emptied().await;
    camera.shoot();
    post.stop().await;
    std::mem::take(&mut camera.moments.lock().unwrap())
}

#[tokio::test(start_paused = true)]
async fn whenever_the_gateway_is_killed_an_accepted_message_is_filed_once() {
    let folder = tempfile::tempdir().unwrap();
    let moments = film(folder.path(), "<1@example.com>").await;
    assert!(moments.len() > 12, "{}", moments.len());
    let (mut filed_before, mut in_doubt) = (0, 0);
    for (number, moment) in moments.into_iter().enumerate() {
        filed_before += usize::from(!moment.filed.is_empty());
        let mailboxes = Mailboxes::with(moment.filed);
        let post = Post::start(&moment.spool, &mailboxes);
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        assert_eq!(post.copies.waiting(), 0);
        post.stop().await;
        let doubt = Visit::open(&moment.spool)
            .unwrap()
            .list(Place::Doubt)
            .unwrap()
            .len();
        in_doubt += doubt;
        let filed = mailboxes.count("alice");
        match (moment.sent, moment.accepted) {
            (_, true) => assert_eq!((filed, doubt), (1, 0), "moment {number}"),
            (true, false) => assert_eq!(filed + doubt, 1, "moment {number}"),
            (false, false) => assert_eq!(filed, 0, "moment {number}"),
        }
    }
    assert!(filed_before > 1 && in_doubt > 1, "{filed_before} {in_doubt}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_searched_for_is_never_filed_twice() {
    let folder = tempfile::tempdir().unwrap();
    let moments = film(folder.path(), "").await;
    let (mut filed_before, mut doubted) = (0, 0);
    for (number, moment) in moments.into_iter().enumerate() {
        let had = moment.filed.values().map(Vec::len).sum::<usize>();
        let mailboxes = Mailboxes::with(moment.filed);
        let post = Post::start(&moment.spool, &mailboxes);
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        assert_eq!(post.copies.waiting(), 0);
        post.stop().await;
        let visit = Visit::open(&moment.spool).unwrap();
        let (filed, doubt) = (mailboxes.count("alice"), visit.list(Place::Doubt).unwrap().len());
        assert!(filed <= 1, "moment {number}");
        assert!(filed + doubt >= usize::from(moment.accepted), "moment {number}");
        filed_before += had;
        doubted += usize::from(had == 1 && doubt == 1);
    }
    assert!(filed_before > 0 && doubted > 0, "{filed_before} {doubted}");
}
