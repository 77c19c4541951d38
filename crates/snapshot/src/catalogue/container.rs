//! Rules about the file as a whole: whether it is a database at all, whole, unchanged, and of which kind
//! (`docs/format/snapshot.md#file-layout`).

kinds! { Container:
    // What the file is.

    FILE_EMPTY: Error, "file is empty",
        "The file has no bytes. The job that should have written it failed, or the disk was full, and only the name \
         was made.",
        "Look at the job that should have written it, and take a new snapshot. Verify older backups of the same job \
         too.";
    NOT_A_DATABASE: Error, "not a database",
        "The bytes are no database, not even a damaged one. What is found under the name of a backup instead: an \
         object store's error in XML, a web page, an archive, encrypted data, something compressed twice, a segment of \
         a write-ahead log.",
        "The message says what it looks like: unpack or decrypt it, or fetch the right file. Verify older backups of \
         the same job too.";
    COMPRESSED_STREAM_DAMAGED: Error, "compressed file is damaged",
        "The file is compressed with gzip, zstd or zip and ends early or contradicts itself. Mostly its end is missing \
         because an upload or a download was interrupted. A snapshot without its end cannot be proven, so nothing of \
         it was checked.",
        "Compare the size of the file with the original and copy it again, or use another snapshot.";
    NOT_ETCD: Error, "database of another program",
        "This is a sound bbolt database, but it has none of etcd's buckets. Other programs keep their data in bbolt \
         too. A restore succeeds without any warning and gives an empty cluster.",
        "Check the name and where the file comes from, and use the right one.";
    DATABASE_NEW: Error, "new database without buckets",
        "This is a bbolt database in which nothing was ever written: no bucket, let alone a key. It is what a server of \
         any version has on the disk in the moment after it created its database, and what every program leaves that \
         opens a file which does not exist with bbolt.",
        "There is nothing to restore. Look at the job that should have written it, and use another snapshot.";
    STATUS_NOT_BUCKET: Error, "plain value among the buckets",
        "The root of an etcd database holds buckets only; here it holds a plain value. Either another program wrote \
         it, or the mark of a bucket is damaged and all of that bucket is lost. `etcdutl snapshot status` fails with \
         \"cannot get hash of bucket\" or \"nil bucket\", and a server cannot start when the name is that of one of \
         its buckets.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    BIG_ENDIAN: Warning, "written on a big-endian machine",
        "bbolt stores numbers as the machine that runs it does. This file comes from one that puts the high byte \
         first, such as s390x. Every version of etcd on a machine that puts the low byte first, x86-64 and arm64 among \
         them, answers \"invalid database\", and so do its tools.",
        "Restore it with `etcdsnap restore`, which writes the numbers as this machine needs them (`--byte-order` for \
         another one), or copy it with `etcdsnap defrag`. For a verdict about s390x, verify with `--arch s390x`; a member's data directory, with \
         `etcdsnap datadir check --arch s390x`.";
    LITTLE_ENDIAN: Warning, "written on a little-endian machine",
        "bbolt stores numbers as the machine that runs it does. This file comes from one that puts the low byte first, \
         such as x86-64 or arm64. Every version of etcd on a machine that puts the high byte first, such as s390x, \
         answers \"invalid database\", and so do its tools.",
        "Restore it with `etcdsnap restore --byte-order big`, or copy it with `etcdsnap defrag --byte-order big`. For a verdict about \
         x86-64 or arm64, verify with `--arch amd64` or `--arch arm64`; a member's data directory, with `etcdsnap datadir check --arch`.";

    LINE_ENDS_TRANSLATED: Error, "every LF became CR LF",
        "A terminal, or a transfer in text mode, stood between the server and this file: `kubectl exec -t` and `docker \
         exec -t` make CR LF of every LF, and so do FTP in ASCII mode and Git with autocrlf. To etcd the file is damaged \
         from its first LF on. Nothing is lost: in such a file a CR stands before every LF, and taking one away from \
         before each gives the bytes back exactly. Everything else that is said here is about the bytes after that.",
        "Write the backup as it was to a new file with `etcdsnap unpack FILE DST` and verify that. Leave out `-t` where \
         the backup is taken.";
    PAGES_DISPLACED: Error, "pages stand beside their places",
        "Every page of a database has its number in it, and that is its place in the file. Here pages stand beside their places, all \
         those behind one point by the same number of bytes: between the two places that the message names, bytes were lost, added \
         or written twice. A transfer that was resumed at the wrong place does this, a copy of a file that was being written, a pipe \
         through a program that takes bytes for text, and a disk that lost blocks. To etcd everything behind that point is garbage.",
        "Copy the file again from where it was first stored, byte by byte, or use another snapshot.";
    LINE_ENDS_LOST: Error, "ends of lines were removed",
        "Bytes are missing all over the file, and of LF, CR or CR LF, the bytes that end lines of text, there is not one left in it. Every \
         record begins with the byte of an LF, and any bytes can stand in values and numbers, so a whole database has all of \
         them. Something took the file for text: `tr -d`, `dos2unix`, FTP in ASCII mode, a variable of a shell. Which of \
         the bytes were there is not known any more.",
        "Copy the file again from where it was first stored, byte by byte (FTP in binary mode), or use another snapshot.";
    PART_FILE: Warning, "name of a file that is not finished",
        "`etcdctl snapshot save` and k3s write a snapshot under a name that ends in `.part`, and rename it when it is \
         whole and on the disk. A file with such a name was cut off, or only the last step is missing; its SHA-256 tells \
         which.",
        "When the SHA-256 matches, the snapshot is whole: rename it. Otherwise use another one.";

    // The hash behind the database.

    SHA256_MISMATCH: Error, "SHA-256 does not match",
        "The last 32 bytes of a snapshot are the SHA-256 of all that the server sent. Bytes have changed since then, \
         or bytes are missing: on the disk, on the way here, or by a program that opened the file for writing, as \
         `etcdutl hashkv` and `bbolt` before 1.3.7 do. `etcdutl snapshot status` does not look; a restore refuses. The \
         hash covers unused pages too, so the change may be harmless, but it may as well be inside a value, where \
         nothing else can show it.",
        "Copy the file again from where it was first stored, or use another snapshot. If there is none and nothing \
         else is found, a restore with --skip-hash-check gives all keys, and any value may be wrong.";
    SHA256_ZERO: Error, "SHA-256 is all zeros",
        "Zero bytes stand where the SHA-256 of the snapshot belongs. The program that should have written it made room for it and \
         was interrupted, or the end of the file never reached the disk. The bytes before it may all be right, but nothing proves \
         it. `etcdutl snapshot status` does not look; a restore refuses.",
        "Copy the file again from where it was first stored, or use another snapshot. If there is none and nothing else is found, a \
         restore with --skip-hash-check gives all keys, and any value may be wrong.";
    SHA256_MISSING: Note, "no SHA-256 to compare with",
        "A snapshot that a server sent has its SHA-256 after the database. This file has none: it is a copy of a \
         member's database, or its end was lost. Its meta pages tell which: in a snapshot both have the same content, and then this is a \
         warning. Structure and records can be checked all the same, but a changed byte \
         inside a value cannot be seen.",
        "Restoring it needs --skip-hash-check. If it was saved as a snapshot, bytes are missing: copy it again. Take \
         backups with `etcdctl snapshot save`.";
    LENGTH_ODD: Error, "neither a snapshot nor a database by its length",
        "A database is whole pages, and a snapshot is a database with 32 bytes of SHA-256 after it. This file is neither: it was cut \
         inside its hash, or something was appended to it. Nothing says which of its bytes are as they were saved. Restores refuse \
         it: \"snapshot missing hash but --skip-hash-check=false\".",
        "Copy the file again from where it was first stored, or use another snapshot.";
    BYTES_FOLLOW: Error, "something follows the snapshot",
        "A whole snapshot is here, from its first page to a SHA-256 that proves all bytes before it, and more bytes follow: zeros that \
         fill the file up to whole blocks, as programs that write to block devices or tapes leave them, the same file once more, or \
         whatever a shell or a transfer put after it. Restores take the last 32 bytes for the SHA-256, or find none, and refuse the file.",
        "Write the snapshot alone to a new file with `etcdsnap unpack FILE COPY`, and verify that. Without etcdsnap, `head -c LENGTH \
         FILE > COPY` does the same to a file that is not compressed; the length is in the message.";
    SNAPSHOT_SIZE: Warning, "snapshot has an unusual length",
        "A server sends the pages of its database up to the last one in use, and then their SHA-256. The length of \
         this file does not fit that, so no server sent it like this: typically somebody put a hash behind a copy of a \
         member's database. Such a hash proves only that the copy has not changed since, not that it was good.",
        "If nothing else is found, it can be restored. Find out how this file was made, and take backups with `etcdctl \
         snapshot save`.";

    // The beginning of the database.

    NO_META: Error, "no usable meta page",
        "Both meta pages are damaged, and without one nothing says where the tree begins. The first pages were \
         overwritten, or the file does not begin with the database. etcd refuses it: \"invalid database\", \"version \
         mismatch\" or \"checksum error\".",
        "Copy the file again or use another snapshot. If there is no other, keep it: its pages may still hold the \
         data.";
    PAGE_SIZE_IMPLAUSIBLE: Error, "page size cannot be true",
        "A valid meta page names a page size that no database has, and the other meta does not correct it. etcd \
         believes it and panics. The checksum is right, so the field was written like this: somebody has edited the \
         file.",
        "Use another snapshot, and find out who edited this one.";
    TREE_UNREADABLE: Error, "buckets cannot be read to the end",
        "A page on the way to the buckets, or in one of the small ones, is damaged, so reading members, leases, \
         alarms, users and versions ended there. Findings about buckets or entries that are missing may only be a \
         consequence.",
        "Do not restore this file. Use another snapshot, preferably of another member.";

    // What happened while it was read.

    LIVE_DATABASE: Warning, "database is in use",
        "A server wrote to the database while it was read: its meta pages changed. Pages that were free at the \
         beginning may be in use again, so other findings may come from a mixture of two states. A copy that is made \
         of such a file is such a mixture too.",
        "Take a snapshot with `etcdctl snapshot save` and verify that, or stop the member first.";
    RAW_DATABASE_MAY_LAG_WAL: Note, "newest writes may be elsewhere",
        "This is a member's database and not a snapshot. A server writes to its write-ahead log first and to the \
         database every 100 ms or every 10000 operations. What a member had not moved when it crashed or was copied is \
         only in the log.",
        "If the member's directory still exists, keep its write-ahead log, and take a snapshot of the started member \
         instead.";
}
