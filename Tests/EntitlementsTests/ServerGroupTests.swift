import Entitlements
import Testing

@Suite struct GlobTests {
    static let rows: [(String, String, Bool)] = [
        ("Frost Path", "Frost Path", true), ("Frost Path", "frost path", false), ("Frost Path*", "Frost Path", true),
        ("Frost Path*", "Frost Path 2", true), ("Frost Path*", "The Frost Path", false), ("*", "", true),
        ("*", "x", true),
        ("", "", true), ("", "x", false), ("?", "x", true), ("?", "", false), ("?", "xy", false), ("a?c", "abc", true),
        ("*b*", "abc", true), ("*b", "abcb", true), ("*b", "abcbc", false), ("a*b*c", "a1b2c", true),
        ("a*b*c", "a1c2b", false), ("**", "x", true), ("[a]", "a", false), ("[a]", "[a]", true), ("a.c", "abc", false),
        ("\\*", "\\x", true), ("ä*", "äx", true), ("?", "👨‍👩‍👧", true), ("a*", "a\n", true),
    ]

    @Test(arguments: rows)
    func `a pattern matches as it reads`(pattern: String, text: String, matches: Bool) {
        #expect(Glob(pattern).matches(text) == matches)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a hostile pattern costs no more than the product of the lengths`() {
        let text = String(repeating: "a", count: 4000) + "b"
        let pattern = String(repeating: "*a", count: 500) + "*c"
        let clock = ContinuousClock()
        let elapsed = clock.measure { #expect(!Glob(pattern).matches(text)) }
        #expect(elapsed < .seconds(20))
    }
}

@Suite struct ServerGroupTests {
    static func match(_ change: (inout ServerMatch) -> Void) -> ServerMatch {
        var match = ServerMatch()
        change(&match)
        return match
    }

    static func server(_ change: (inout PanelServer) -> Void = { _ in }) -> PanelServer {
        var server = Shop.server(1, "Frost Path 1")
        server.identifier = "a1b2c3d4"
        server.externalID = "ext-1"
        server.description = "Modded [frost] world [beta test]"
        server.nodeNames = ["3", "eu-1"]
        server.eggNames = ["5", "Paper"]
        change(&server)
        return server
    }

    static let matches: [(String, ServerMatch, Bool)] = [
        ("nothing asked", match { _ in }, false),
        ("name", match { $0.names = [Glob("Frost*")] }, true),
        ("one of two names", match { $0.names = [Glob("x"), Glob("Frost*")] }, true),
        ("another name", match { $0.names = [Glob("Beta*")] }, false),
        ("tag", match { $0.tags = ["frost"] }, true),
        ("tag of two words", match { $0.tags = ["beta test"] }, true),
        ("half a tag", match { $0.tags = ["beta"] }, false),
        ("a word that is no tag", match { $0.tags = ["Modded"] }, false),
        ("node by name", match { $0.nodes = ["eu-1"] }, true),
        ("node by id", match { $0.nodes = ["3"] }, true),
        ("another node", match { $0.nodes = ["4"] }, false),
        ("egg", match { $0.eggs = ["Paper"] }, true),
        ("external id", match { $0.externalIDs = ["ext-1"] }, true),
        ("part of an external id", match { $0.externalIDs = ["ext"] }, false),
        ("identifier", match { $0.identifiers = ["a1b2c3d4"] }, true),
        ("uuid", match { $0.identifiers = ["uuid-1"] }, true),
        (
            "all of several keys",
            match {
                $0.names = [Glob("*")]; $0.tags = ["frost"]; $0.eggs = ["Paper"]
            }, true
        ),
        (
            "not all of several keys",
            match {
                $0.names = [Glob("*")]; $0.tags = ["frost"]; $0.eggs = ["Forge"]
            }, false
        ),
    ]

    @Test(arguments: matches)
    func `all keys of a group must hold`(name: String, match: ServerMatch, expected: Bool) {
        let group = ServerGroup(id: "g", panel: "main", match: match)
        #expect(group.contains(Self.server()) == expected, "\(name)")
    }

    static let everything = match { $0.names = [Glob("*")] }

    @Test func `exceptions leave out, even what is named exactly`() {
        let except = Self.match { $0.tags = ["frost"] }
        #expect(!ServerGroup(id: "g", panel: "main", match: Self.everything, except: except).contains(Self.server()))
        let exact = Self.match { $0.identifiers = ["a1b2c3d4"] }
        #expect(!ServerGroup(id: "g", panel: "main", match: exact, except: except).contains(Self.server()))
        let none = ServerMatch()
        #expect(ServerGroup(id: "g", panel: "main", match: Self.everything, except: none).contains(Self.server()))
    }

    @Test func `a group sees its own panel only`() {
        #expect(!ServerGroup(id: "g", panel: "other", match: Self.everything).contains(Self.server()))
    }

    static let owned = server {
        $0.ownerIsRootAdmin = false; $0.ownerEmail = "Ada@Example.com"
    }
    static let dedicated = server { $0.isDedicated = true }

    @Test func `a server of somebody who is no root admin is matched only if the owner is listed`() {
        #expect(!ServerGroup(id: "g", panel: "main", match: Self.everything).contains(Self.owned))
        for email in ["ada@example.com", "ADA@example.com"] {
            let group = ServerGroup(id: "g", panel: "main", match: Self.everything, owners: [email])
            #expect(group.contains(Self.owned))
            #expect(!group.contains(Self.dedicated))
        }
        let unknown = Self.server {
            $0.ownerIsRootAdmin = false; $0.ownerEmail = nil
        }
        #expect(!ServerGroup(id: "g", panel: "main", match: Self.everything, owners: ["a@b.c"]).contains(unknown))
    }

    @Test func `only an exact name overrides that`() {
        for server in [Self.owned, Self.dedicated] {
            #expect(!ServerGroup(id: "g", panel: "main", match: Self.everything).contains(server))
            #expect(!ServerGroup(id: "g", panel: "main", match: Self.match { $0.tags = ["frost"] }).contains(server))
            for exact in [Self.match { $0.externalIDs = ["ext-1"] }, Self.match { $0.identifiers = ["uuid-1"] }] {
                #expect(ServerGroup(id: "g", panel: "main", match: exact).contains(server))
            }
            let both = Self.match {
                $0.identifiers = ["uuid-1"]; $0.names = [Glob("Beta*")]
            }
            #expect(!ServerGroup(id: "g", panel: "main", match: both).contains(server))
        }
    }

    @Test func `what the owner keeps out is shown as refused`() {
        let group = ServerGroup(id: "g", panel: "main", match: Self.everything, except: Self.match { $0.tags = ["x"] })
        #expect(group.refuses(Self.owned))
        #expect(group.refuses(Self.dedicated))
        #expect(!group.refuses(Self.server()))
        #expect(
            !group.refuses(
                Self.server {
                    $0.ownerIsRootAdmin = false; $0.description = "[x]"
                }
            )
        )
    }
}
