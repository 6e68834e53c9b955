/// What a server may use of its node.
public struct ServerLimits: Hashable, Sendable {
    /// MiB; 0 means no limit.
    public var memory: Int
    /// MiB; -1 means no limit.
    public var swap: Int
    /// MiB; 0 means no limit.
    public var disk: Int
    /// Weight of its disk accesses, 10 to 1000.
    public var io: Int
    /// Percent of one core; 0 means no limit.
    public var cpu: Int
    /// The cores that it is pinned to, such as `0,2-3`.
    public var threads: String?
    /// Whether the node spares it when memory runs out; not part of the limits when they are sent.
    public var oomDisabled: Bool?

    public init(
        memory: Int,
        swap: Int,
        disk: Int,
        io: Int,
        cpu: Int,
        threads: String? = nil,
        oomDisabled: Bool? = nil
    ) {
        self.memory = memory
        self.swap = swap
        self.disk = disk
        self.io = io
        self.cpu = cpu
        self.threads = threads
        self.oomDisabled = oomDisabled
    }
}

extension ServerLimits: Codable {
    private enum CodingKeys: String, CodingKey {
        case memory, swap, disk, io, cpu, threads
        case oomDisabled = "oom_disabled"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(memory, forKey: .memory)
        try container.encode(swap, forKey: .swap)
        try container.encode(disk, forKey: .disk)
        try container.encode(io, forKey: .io)
        try container.encode(cpu, forKey: .cpu)
        try container.encode(threads, forKey: .threads)
    }
}

/// How many databases, allocations and backups a server's owner may make.
public struct FeatureLimits: Hashable, Sendable, Codable {
    public var databases: Int
    public var allocations: Int
    public var backups: Int

    public init(databases: Int, allocations: Int, backups: Int) {
        self.databases = databases
        self.allocations = allocations
        self.backups = backups
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        databases = try values.decodeIfPresent(Int.self, forKey: .databases) ?? 0
        allocations = try values.decodeIfPresent(Int.self, forKey: .allocations) ?? 0
        backups = try values.decodeIfPresent(Int.self, forKey: .backups) ?? 0
    }
}
