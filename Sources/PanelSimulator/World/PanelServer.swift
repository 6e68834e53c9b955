/// A server of the panel.
package struct PanelServer: Sendable, Equatable {
    /// What the panel has noted about a server beyond "ready".
    package enum Status: String, Sendable {
        case installing
        case installFailed = "install_failed"
        case suspended
        case restoringBackup = "restoring_backup"
    }

    /// What a server's process does, in Wings' words.
    package enum Process: String, Sendable, CaseIterable {
        case offline, starting, running, stopping
    }

    /// What a server may use.
    package struct Limits: Sendable, Equatable {
        /// Megabytes of memory.
        package var memory: Int
        /// Megabytes of swap.
        package var swap: Int
        /// Megabytes of disk.
        package var disk: Int
        /// The block I/O weight.
        package var io: Int
        /// Percent of one processor.
        package var cpu: Int
        /// The processors it is pinned to.
        package var threads: String?
        /// Whether it is killed when it runs out of memory.
        package var isOOMDisabled: Bool

        /// Describes the limits of a server.
        package init(memory: Int = 2048, swap: Int = 0, disk: Int = 10240, io: Int = 500, cpu: Int = 200) {
            self.memory = memory
            self.swap = swap
            self.disk = disk
            self.io = io
            self.cpu = cpu
            self.isOOMDisabled = true
        }
    }

    /// How many of each extra a server may have.
    package struct FeatureLimits: Sendable, Equatable {
        /// Databases.
        package var databases = 0
        /// Further allocations.
        package var allocations = 0
        /// Backups.
        package var backups = 0
    }

    /// The numeric id.
    package var id: Int
    /// The universal id; its first eight characters are the short identifier.
    package var uuid: String
    /// What an outside system calls the server.
    package var externalID: String?
    /// The name.
    package var name: String
    /// The description.
    package var description: String
    /// What stops the server from being used, if anything.
    package var status: Status?
    /// The id of the owner.
    package var ownerID: Int
    /// The id of its node.
    package var nodeID: Int
    /// The id of its default allocation.
    package var allocationID: Int
    /// The id of its egg.
    package var eggID: Int
    /// The start command, with placeholders.
    package var startup: String
    /// The container image.
    package var image: String
    /// The egg's variables that were set.
    package var environment: [String: String]
    /// The resources it may use.
    package var limits: Limits
    /// The extras it may have.
    package var featureLimits: FeatureLimits
    /// What its process does (what Wings would say).
    package var process: Process
    /// Whether it is being moved to another node.
    package var isTransferring = false
    /// Whether its egg's installation script was left out.
    package var skipsScripts = false
    /// Seconds since 1970 at which its process was last started; `nil` if it ran from the beginning.
    package var startedAt: Int?
    /// Seconds since 1970 at which it was made.
    package var createdAt: Int
    /// Seconds since 1970 at which it was last changed.
    package var updatedAt: Int

    /// Whether its process runs.
    package var isOnline: Bool {
        get { process == .running }
        set { process = newValue ? .running : .offline }
    }

    /// The short identifier.
    package var identifier: String { String(uuid.prefix(8)) }

    /// Describes a server; what is left out is that of a Paper server on the first node.
    package init(
        id: Int = 0,
        uuid: String = "",
        externalID: String? = nil,
        name: String,
        description: String = "",
        status: Status? = nil,
        ownerID: Int = 1,
        nodeID: Int = 1,
        allocationID: Int = 0,
        eggID: Int = 5,
        limits: Limits = Limits(),
        isOnline: Bool = true,
        createdAt: Int = 0
    ) {
        self.id = id
        self.uuid = uuid
        self.externalID = externalID
        self.name = name
        self.description = description
        self.status = status
        self.ownerID = ownerID
        self.nodeID = nodeID
        self.allocationID = allocationID
        self.eggID = eggID
        self.startup = ""
        self.image = ""
        self.environment = [:]
        self.limits = limits
        self.featureLimits = FeatureLimits()
        self.process = isOnline ? .running : .offline
        self.createdAt = createdAt
        self.updatedAt = createdAt
    }
}
