//! Users against roles, and whether somebody can administer the cluster.

use etcdsnap_quantity::quantity;
use std::collections::HashSet;

use super::Facts;
use crate::catalogue::cluster::{AUTH_WITHOUT_ROOT, USER_ROLE_MISSING};
use crate::finding::Finding;
use crate::place::Place;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let auth = &facts.buckets.auth;
    if auth.lacks_root() {
        let problem =
            if auth.root().is_some() { "user root does not have the role root" } else { "there is no user root" };
        let place = Place::entry("auth", b"authEnabled");
        findings.push(Finding::new(&AUTH_WITHOUT_ROOT, place, format!("authentication is on and {problem}")));
    }
    let roles: HashSet<&[u8]> = auth.role_names().collect();
    // Only when all roles were read can one be missing.
    let users = auth.roles.all().map(|_| auth.users.part());
    for user in users.into_iter().flatten() {
        // Counted and not named: where the file is damaged, any bytes of the value may stand where a role should.
        let missing = user.roles.iter().filter(|role| !roles.contains(role.as_bytes())).count();
        if missing == 0 {
            continue;
        }
        let message =
            format!("of the {} of this user {missing} cannot be found", quantity(user.roles.len() as u64, "role"));
        findings.push(Finding::new(&USER_ROLE_MISSING, Place::entry("authUsers", &user.name), message));
    }
}

#[cfg(test)]
mod tests {
    use super::super::incidents;
    use super::super::testing::{buckets, facts, ids, keyspace};

    const ON: (&str, &[u8], &[u8]) = ("auth", b"authEnabled", &[1]);

    #[test]
    fn root_needs_its_role() {
        let keyspace = keyspace();
        let nobody = buckets(&["86c3bfcd300aa0f4"], &[ON]);
        assert!(ids(&facts(&nobody, &keyspace)).contains(&"AUTH_WITHOUT_ROOT".to_owned()));
        let powerless = buckets(&[], &[ON, ("authUsers", b"root", b"\x0a\x04root\x12\x02$2")]);
        assert!(ids(&facts(&powerless, &keyspace)).contains(&"AUTH_WITHOUT_ROOT".to_owned()));
        let root = buckets(&[], &[ON, ("authUsers", b"root", b"\x0a\x04root\x12\x02$2\x1a\x04root")]);
        assert!(!ids(&facts(&root, &keyspace)).iter().any(|id| id.starts_with("AUTH") || id.starts_with("USER")));
    }

    /// Servers look roles up by their keys, so a damaged name inside takes nobody's role away.
    #[test]
    fn a_role_is_known_by_its_key() {
        let user = b"\x0a\x01u\x12\x02$2\x1a\x03ops";
        let buckets = buckets(&[], &[("authRoles", b"ops", b"\x0a\x030ps"), ("authUsers", b"u", user)]);
        assert!(!ids(&facts(&buckets, &keyspace())).contains(&"USER_ROLE_MISSING".to_owned()));
    }

    #[test]
    fn roles_of_users_exist() {
        let user = b"\x0a\x01u\x12\x02$2\x1a\x01a\x1a\x01b\x1a\x01c";
        let buckets = buckets(&[], &[("authRoles", b"b", b"\x0a\x01b"), ("authUsers", b"u", user)]);
        let keyspace = keyspace();
        let found = incidents(&facts(&buckets, &keyspace));
        let missing: Vec<_> = found.iter().filter(|finding| finding.kind.id == "USER_ROLE_MISSING").collect();
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].message, "of the 3 roles of this user 2 cannot be found");
    }
}
