import Foundation
import Testing

// `user=`: whom a program runs as, and what happens where that cannot be.

/// Users of a container of our own: mounted over the machine's for one test.
private let users = [
  "passwd": "root:x:0:0::/root:/bin/sh\ntester:x:4242:4243::/home/tester:/bin/sh\n",
  "group": "root:x:0:\ntester:x:4243:\none:x:4301:tester\ntwo:x:4302:other,tester\n"
    + "three:x:4303:other\n",
]
private let ownUsers =
  "mount --bind $0/passwd /etc/passwd && mount --bind $0/group /etc/group || exit 99"

/// Effective ids as /proc/self/status shows them: all four of a kind are the same.
private func ids(_ lines: [String]) -> (uid: String, gid: String, groups: Set<Substring>) {
  let text = lines.joined(separator: "\n")
  let field = { (name: String) in statusField(text, name) ?? "" }
  return (field("Uid"), field("Gid"), Set(field("Groups").split(separator: " ")))
}
private func four(_ id: Int) -> String {
  Array(repeating: "\(id)", count: 4).joined(separator: "\t")
}

/// Takes root's place as this user, with nothing but what an ordinary process has.
private let asStranger = "setpriv --reuid 1234567 --regid 7654321 --clear-groups"

/// A form of `user=`.
struct UserForm: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var uid: Int
  var gid: Int
  var groups: Set<Substring>
}

extension Acceptance {
  @Suite struct Users {
    @Test(arguments: [
      UserForm(testDescription: "tester", uid: 4242, gid: 4243, groups: ["4243", "4301", "4302"]),
      UserForm(testDescription: "4242", uid: 4242, gid: 4243, groups: ["4243", "4301", "4302"]),
      UserForm(testDescription: "tester:three", uid: 4242, gid: 4303, groups: ["4303"]),
      UserForm(testDescription: "4242:4303", uid: 4242, gid: 4303, groups: ["4303"]),
      UserForm(testDescription: "1234567", uid: 1_234_567, gid: 1_234_567, groups: ["1234567"]),
      UserForm(testDescription: "1234567:0", uid: 1_234_567, gid: 0, groups: ["0"]),
      UserForm(testDescription: "root", uid: 0, gid: 0, groups: ["0"]),
    ])
    func forms(_ form: UserForm) async throws {
      var setup = Setup(
        runOnce("cat /proc/self/status", "user=\(form.testDescription)"), files: users)
      setup.launcher = Setup.asPID1(after: ownUsers)
      let seen = ids(try await outputOfOnce(setup))
      #expect(seen.uid == four(form.uid))
      #expect(seen.gid == four(form.gid))
      #expect(seen.groups == form.groups)
    }

    /// The C library's own view of the same user.
    @Test func groupsAreThoseThatIdShows() async throws {
      var asked = Setup(runOnce("id -G tester"), files: users)
      asked.launcher = Setup.asPID1(after: ownUsers)
      var been = Setup(runOnce("id -G", "user=tester"), files: users)
      been.launcher = asked.launcher
      let expected = try await outputOfOnce(asked).first?.split(separator: " ") ?? []
      let seen = try await outputOfOnce(been).first?.split(separator: " ") ?? []
      #expect(expected.count == 3)
      #expect(Set(seen) == Set(expected))
    }

    @Test func withoutPasswdANumberDoes() async throws {
      var setup = Setup(runOnce("cat /proc/self/status", "user=1234567"))
      setup.launcher = Setup.asPID1(
        after: "mkdir $0/etc; mount --bind $0/etc /etc && mount -o remount,ro,bind /etc || exit 99")
      // Without ld.so.cache the loader looks in its default folders: cat still runs.
      #expect(try await ids(outputOfOnce(setup)).uid == four(1_234_567))
    }

    /// Known when swinit was started, and gone when the program is.
    @Test(arguments: ["tester", "root:one"])
    func aUserThatIsGoneIsAFailedStart(_ user: String) async throws {
      let text = """
        [program:remover]
        command=sh -c "for f in passwd group; do head -1 /etc/$f > $0/$f.new; cat $0/$f.new > /etc/$f; done" %(here)s
        oneshot=true
        [program:probe]
        command=sleep 60
        user=\(user)
        depends_on=remover
        startretries=0
        """
      var setup = Setup(text, files: users)
      setup.launcher = Setup.asPID1(after: ownUsers)
      try await withSwinit(setup) { swinit in
        try await swinit.log("probe: FATAL, cannot start: user \"\(user)\": no such ")
        try await swinit.expectEnd(1, "exit 1: essential program probe is FATAL")
      }
    }

    @Test func rootCannotBeHadAgain() async throws {
      let script = """
        #!/usr/bin/perl
        use POSIX;
        print POSIX::setuid(0) ? "root" : "refused", "\\n";
        $( = 0; $) = 0; $< = 0; $> = 0;
        print "$< $>\\n";
        """
      let setup = Setup(runOnce("%(here)s/regain", "user=1234567"), files: ["regain": script])
      #expect(try await outputOfOnce(setup) == ["refused", "1234567 1234567"])
    }

    /// No capability is kept, permitted or in the ambient set.
    @Test func capabilitiesAreGone() async throws {
      let setup = Setup(runOnce("cat /proc/self/status", "user=1234567"))
      let text = try await outputOfOnce(setup).joined(separator: "\n")
      for field in ["CapPrm", "CapEff", "CapAmb"] {
        #expect(statusField(text, field) == "0000000000000000", "\(field)")
      }
    }

    @Test func notRootItRunsAsWeAreAndSaysSo() async throws {
      var setup = Setup(
        runOnce("sh -c \"id -u; exit 1\"", "user=www-data\nautorestart=unexpected\nstartsecs=0"))
      setup.launcher += asStranger.split(separator: " ").map(String.init)
      try await withSwinit(setup) { swinit in
        try await swinit.wait("two runs") {
          swinit.output?.texts.filter { $0 == "1234567" }.count ?? 0 >= 2
        }
        // Once, not at every start.
        #expect(swinit.places(of: "not root").count == 1, "\(swinit.transcript)")
        #expect(try await swinit.log("not root").contains("probe"))
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func notRootButThatVeryUserIsFine() async throws {
      var setup = Setup(runOnce("id -u", "user=1234567:7654321"))
      setup.launcher += asStranger.split(separator: " ").map(String.init)
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.output?.texts == ["1234567"])
        #expect(swinit.places(of: "not root").isEmpty, "\(swinit.transcript)")
      }
    }

    @Test func userPolicyRequireMakesItAnError() async throws {
      var setup = Setup(
        runOnce("id -u", "user=www-data\nstartretries=0", globals: "user_policy=require"))
      setup.launcher += asStranger.split(separator: " ").map(String.init)
      try await withSwinit(setup) { swinit in
        try await swinit.log("probe: FATAL, cannot start: ")
        #expect(try await swinit.log("cannot start: ").contains("swinit is not root"))
        try await swinit.expectEnd(1, "probe is FATAL: cannot start: setuid for \"www-data\"")
        #expect(swinit.output?.texts == [])
      }
    }

    @Test(arguments: [("setgid", "CAP_SETGID"), ("setuid", "CAP_SETUID")])
    func aMissingCapabilityIsNamed(dropped: String, named: String) async throws {
      var setup = Setup(runOnce("id -u", "user=www-data\nstartretries=0"))
      setup.launcher += ["setpriv", "--bounding-set=-\(dropped)", "--inh-caps=-\(dropped)"]
      try await withSwinit(setup) { swinit in
        let line = try await swinit.log("probe: FATAL, cannot start: ")
        #expect(line.contains("Operation not permitted"))
        #expect(line.contains(named))
        try await swinit.expectEnd(1, named)
      }
    }

    /// A user namespace with one user, where setgroups is forbidden: there are none to set.
    @Test(
      .enabled(if: Host.hasUserNamespaces, "no user namespaces"), arguments: ["0", "root", "0:0"])
    func inAUserNamespaceWithoutSetgroups(_ user: String) async throws {
      var setup = Setup(runOnce("cat /proc/self/status", "user=\(user)"))
      setup.launcher = ["unshare", "--user", "--map-root-user"] + Setup.asPID1.dropFirst()
      #expect(try await ids(outputOfOnce(setup)).uid == four(0))
    }

    @Test(.enabled(if: Host.hasUserNamespaces, "no user namespaces"))
    func inAUserNamespaceAnotherUserIsAClearFailure() async throws {
      var setup = Setup(runOnce("id -u", "user=1234567\nstartretries=0"))
      setup.launcher = ["unshare", "--user", "--map-root-user"] + Setup.asPID1.dropFirst()
      try await withSwinit(setup) { swinit in
        try await swinit.log("probe: FATAL, cannot start: set")
        try await swinit.expectEnd(1, "probe is FATAL: cannot start: setgid for \"1234567\"")
      }
    }

    /// `[supervisord] user`: swinit itself gives up root.
    @Test func theGlobalUserIsForAll() async throws {
      let setup = Setup(runOnce("cat /proc/self/status", globals: "user=1234567"))
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(ids(swinit.output?.texts ?? []).uid == four(1_234_567))
      }
    }
  }
}
