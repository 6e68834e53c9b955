import Foundation
import Provisioning
import ServiceConfiguration

/// What a rehearsal may make on a panel, written down before it makes anything: by this a later run finds what an interrupted one left.
struct RehearsalJournal: Codable, Sendable {
    /// Somebody made up.
    struct Member: Codable, Hashable, Sendable {
        var customer: String
        var email: String
        var externalID: String
    }

    /// A name that nobody can own (RFC 2606), so that no mail about a rehearsal reaches anybody.
    static let domain = "rehearsal.example.com"

    var instance: String
    var panel: String
    var panelURL: String
    var group: String
    /// The identifiers of the servers on which it gives access.
    var servers: [String]
    var members: [Member]

    init(
        of run: String,
        customers: Int,
        instance: String,
        panel: String,
        panelURL: String,
        group: String,
        servers: [String]
    ) {
        self.instance = rehearsalInstance(of: instance)
        self.panel = panel
        self.panelURL = panelURL
        self.group = group
        self.servers = servers
        members = (1...customers).map { number in
            let customer = "\(run)-\(number)"
            return Member(
                customer: customer,
                email: "\(customer)@\(Self.domain)",
                externalID: LaneRun.externalID(instance: rehearsalInstance(of: instance), id: customer)
            )
        }
    }
}

/// The folder beside the ledger in which a rehearsal keeps its journal and a ledger of its own; it is there while something may be left.
struct RehearsalFolder: Sendable {
    let url: URL

    init(besides store: ServiceConfiguration.Store) {
        switch store {
        case .sqlite(let path): url = URL(fileURLWithPath: path + ".rehearsal", isDirectory: true)
        }
    }

    var ledger: String { url.appendingPathComponent("ledger.sqlite").path }

    /// Opened exclusively by whoever rehearses or cleans up.
    var hold: String { url.appendingPathComponent("hold.sqlite").path }

    private var file: URL { url.appendingPathComponent("journal.json") }

    /// What the last rehearsal noted, if it has not been cleaned up.
    func journal() throws -> RehearsalJournal? {
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        do {
            return try JSONDecoder().decode(RehearsalJournal.self, from: Data(contentsOf: file))
        } catch {
            throw CommandFailure(
                .didNotHold,
                "The journal of an earlier rehearsal, \(file.path), cannot be read: \(error)"
            )
        }
    }

    /// Puts the journal on the disk, and only then returns.
    func write(_ journal: RehearsalJournal) throws {
        let data = try JSONEncoder().encode(journal)
        let draft = url.appendingPathComponent("journal.new")
        guard FileManager.default.createFile(atPath: draft.path, contents: data, attributes: [.posixPermissions: 0o600])
        else { throw CommandFailure(.didNotHold, "\(draft.path) cannot be written.") }
        let handle = try FileHandle(forWritingTo: draft)
        try handle.synchronize()
        try handle.close()
        try FileManager.default.moveItem(at: draft, to: file)
        // The name in the folder is to outlive a loss of power as well.
        let folder = open(url.path, O_RDONLY | O_DIRECTORY)
        guard folder >= 0, fsync(folder) == 0 else {
            throw CommandFailure(.didNotHold, "\(url.path) cannot be written to the disk.")
        }
        close(folder)
    }

    func make() throws {
        try FileManager.default.createDirectory(
            at: url,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// Forgets a rehearsal of which nothing is left on the panel, its journal last; the lock stays, since whoever holds it may go on.
    func clear() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path)
        for name in names where !name.hasPrefix("hold.") && name != file.lastPathComponent {
            try FileManager.default.removeItem(at: url.appendingPathComponent(name))
        }
        try FileManager.default.removeItem(at: file)
    }

    /// Once it holds nothing any more.
    func remove() throws {
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        try FileManager.default.removeItem(at: url)
    }
}
