import Foundation
import Testing

// The README's examples, as they stand there, with the real daemons: Debian's packages, and Zope and
// ZEO from PyPI (`Tests/zope`). `Tests/run` installs what is missing.

extension Acceptance {
  @Suite struct Examples {
    @Test(arguments: ["app", "nginx", "apache2", "zope1", "postgres", "slapd", "mysql", "migrate"])
    func nothingIsToBeSaidAboutThem(_ program: String) async throws {
      let folder = try Folder()
      try folder.write(try example(of: program), to: "example.conf")
      let words = [try #require(Binary.path), "check", "--strict", "-c", folder.path]
      let finished = try await run(words)
      #expect(finished.ending == .exited(0))
      #expect(finished.errors == [])
    }

    @Test func apache() async throws {
      let machine = try Machine(
        everyTime: """
          copy /etc/apache2
          own /var/log/apache2 www-data
          run /run/apache2 www-data
          """,
        // Its name, or it asks for this machine's; and a folder that it misses before it has read
        // ErrorLog.
        once: """
          sed -i 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf
          echo 'ServerName localhost' >> /etc/apache2/apache2.conf
          printf '%s\\n' '<VirtualHost *:1>' 'DocumentRoot /no/such/folder' '</VirtualHost>' \
            > /etc/apache2/sites-enabled/other.conf
          """)
      try await withSwinit(machine.setup(try example(of: "apache2"))) { swinit in
        try await swinit.log("apache2: RUNNING")
        let page = try await swinit.answer(["curl", "-fsS", "http://127.0.0.1:8080/"])
        #expect(page.contains("It works!"), "\(page)")

        let apache = try await swinit.process("apache2")
        let seen = processes(inNamespaceOf: swinit.pid)
        let main = try #require(seen[apache])
        // All of them: the first process and its workers.
        for pid in [main] + children(of: main) {
          let environment = try #require(procFile("\(pid)/environ")).split(separator: "\0")
          #expect(environment.contains("HOME=/var/www") && environment.contains("USER=www-data"))
          let user = try #require(getpwnam("www-data")).pointee.pw_uid
          #expect(
            status(pid, "Uid") == Array(repeating: "\(user)", count: 4).joined(separator: "\t"))
        }
        #expect(children(of: main).count > 1)

        try await swinit.stopInOrder()
        // By its own way to the container's stdout, ErrorLog.
        #expect(swinit.text.contains("resuming normal operations"), "\(swinit.transcript)")
        #expect(swinit.text.contains("caught SIGTERM, shutting down"), "\(swinit.transcript)")
        // By redirect_stderr: what it said before it had read ErrorLog.
        #expect(swinit.text.contains("[/no/such/folder] does not exist"), "\(swinit.transcript)")
      }
    }

    @Test func slapd() async throws {
      let configuration = """
        include /etc/ldap/schema/core.schema
        modulepath /usr/lib/ldap
        moduleload back_mdb
        pidfile /run/slapd/slapd.pid
        database mdb
        suffix "dc=example,dc=org"
        directory /var/lib/ldap
        """
      let entries = """
        dn: dc=example,dc=org
        objectClass: dcObject
        objectClass: organization
        o: A Firm
        dc: example
        """
      let machine = try Machine(
        everyTime: """
          copy /etc/ldap
          own /var/lib/ldap openldap
          run /run/slapd openldap
          """,
        once: """
          printf '%s\\n' '\(configuration)' > /etc/ldap/slapd.conf
          printf '%s\\n' '\(entries)' > $machine/entries
          slapadd -f /etc/ldap/slapd.conf -l $machine/entries
          chown -R openldap: /var/lib/ldap
          """)
      try await withSwinit(machine.setup(try example(of: "slapd"))) { swinit in
        let found = try await swinit.answer([
          "ldapsearch", "-x", "-LLL", "-H", "ldap://127.0.0.1:8888", "-b", "dc=example,dc=org",
          "(o=A Firm)", "o",
        ])
        #expect(found.contains("dn: dc=example,dc=org\no: A Firm\n"), "\(found)")
        try await swinit.log("slapd: RUNNING")
        try await swinit.stopInOrder()
      }
    }

    private static let withZope = """
      [ -s \(projectFolder)/.build/zope/complete ] || { echo "no Zope (Tests/zope)" >&2; exit 1; }
      cd \(projectFolder)/.build/zope
      own /srv root
      mkdir -p /srv/zope
      mount -c --bind . /srv/zope
      cd /
      """

    @Test func zeoAndTwoZopes() async throws {
      // The two would trip over each other's first objects in an empty database, so one makes them
      // before, alone.
      let machine = try Machine(
        everyTime: Self.withZope,
        once: """
          for name in zope1 zope2; do
            /srv/zope/bin/mkwsgiinstance -d /srv/$name -u admin:secret
          done
          sed -i 's/^port = .*/port = 8081/' /srv/zope1/etc/zope.ini
          sed -i 's/^port = .*/port = 8082/' /srv/zope2/etc/zope.ini
          /srv/zope/bin/zconsole run /srv/zope1/etc/zope.conf /dev/null
          mkdir /srv/zeo
          mv /srv/zope1/var/Data.fs /srv/zeo
          for name in zope1 zope2; do
            sed -i '/<filestorage>/,/<.filestorage>/c \\
              <zeoclient>\\n    server 127.0.0.1:8100\\n  </zeoclient>' /srv/$name/etc/zope.conf
          done
          chown -R www-data: /srv/zope1 /srv/zope2 /srv/zeo
          """)
      try await withSwinit(machine.setup(try example(of: "zeo"))) { swinit in
        for name in ["zeo", "zope1", "zope2"] {
          try await swinit.log("\(name): RUNNING", within: 60)
        }
        let fetch = { (port: Int, path: String, more: [String]) in
          ["curl", "-fsS", "-u", "admin:secret", "http://127.0.0.1:\(port)/\(path)"] + more
        }
        // Each writes an object that the other one sees.
        for (writer, reader) in [(8081, 8082), (8082, 8081)] {
          try await swinit.answer(fetch(writer, "", []))
          let name = "written-by-\(writer)"
          try await swinit.answer(fetch(writer, "manage_addFolder", ["-d", "id=\(name)"]))
          let id = try await swinit.answer(fetch(reader, "\(name)/getId", []))
          #expect(id == name)
        }
        try await swinit.stopInOrder()
        let order = { (part: String) in
          swinit.errors.texts.filter { $0.contains(part) }.map { $0.split(separator: " ")[2] }
        }
        #expect(order(": STARTING") == ["witness:", "zeo:", "zope1:", "zope2:"])
        for part in [": STOPPING", ": STOPPED"] {
          let names = order(part)
          #expect(Set(names.prefix(2)) == ["zope1:", "zope2:"], "\(swinit.transcript)")
          #expect(Array(names.dropFirst(2)) == ["zeo:", "witness:"], "\(swinit.transcript)")
        }
        let zeo = try #require(swinit.places(of: "zeo: STOPPING").first)
        #expect(swinit.places(of: "zope").allSatisfy { $0 < zeo }, "\(swinit.transcript)")
      }
    }

    /// TERM comes while ZEO writes a line: its stdout is full, and clients come and go until it answers
    /// none of them any more.
    @Test func zeoHearsTERMWhileItLogs() async throws {
      let machine = try Machine(
        everyTime: Self.withZope, once: "mkdir /srv/zeo; chown www-data: /srv/zeo")
      let fragment = try example(of: "zeo").components(separatedBy: "[program:zope1]")[0]
      let clients = """
        use IO::Socket::INET; use IO::Select;
        while (1) {
          my $zeo = IO::Socket::INET->new("127.0.0.1:8100") or exit 1;
          IO::Select->new($zeo)->can_read(1) or exit 0;
          sysread($zeo, my $greeting, 100);
        }
        """
      try await withSwinit(machine.setup(fragment)) { swinit in
        try await swinit.log("zeo: RUNNING", within: 60)
        let once = "use IO::Socket::INET; IO::Socket::INET->new('127.0.0.1:8100') or exit 1"
        try await swinit.answer(["perl", "-e", once])
        swinit.readsOutput = false
        let finished = try await run(swinit.client(["perl", "-e", clients]))
        #expect(finished.ending == .exited(0), "\(finished)")
        swinit.signal(SIGTERM)
        try await swinit.log("zeo: STOPPING")
        swinit.readsOutput = true
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
        #expect(swinit.text.contains("terminated by SIGTERM"))
      }
    }
  }
}
