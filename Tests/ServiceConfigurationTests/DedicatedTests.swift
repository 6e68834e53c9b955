import Entitlements
import ServiceConfiguration
import Testing

/// What a tier may say of the server of one's own that comes with it.
struct DedicatedTests {
    private static let least = "egg: Paper, limits: {memory: 4096, disk: 10240, cpu: 200}"

    private static func with(_ keys: String) -> String {
        Sample.minimal("rank: 1\n", "rank: 1\n    dedicated: {\(keys)}\n")
    }

    private func offer(_ keys: String) throws -> DedicatedOffer {
        let configuration = try ServiceConfiguration.read(Self.with(keys))
        return try #require(configuration.catalog.tier("knight")?.dedicated)
    }

    @Test func `what is left out has its default`() throws {
        let offer = try offer(Self.least)
        #expect(offer == DedicatedOffer(egg: "Paper", limits: DedicatedLimits(memory: 4096, disk: 10240, cpu: 200)))
        #expect(offer.panel == "main" && offer.deletion.after == .days(14) && offer.deletion.asks)
    }

    @Test func `null means what holds where a key is missing`() throws {
        let keys = "nest: null, node: ~, docker_image: null, startup: null, environment: {}, port_range: []"
        #expect(try offer("\(Self.least), \(keys)") == offer(Self.least))
        let threads = "egg: Paper, limits: {memory: 4096, disk: 10240, cpu: 200, threads: null}"
        #expect(try offer(threads) == offer(Self.least))
    }

    @Test func `every key is read`() throws {
        let read = try offer(
            """
            egg: 5, nest: Minecraft, locations: [eu, 2], port_range: [25565, 25570-25600], dedicated_ip: true, docker_image: "a/b:c", \
            startup: "java -jar {{SERVER_JARFILE}}", environment: {VERSION: "{property.v}"}, name: "{tier} {number}", \
            limits: {memory: 1, swap: -1, disk: 2, io: 10, cpu: 3, threads: "0-1"}, \
            feature_limits: {databases: 4, backups: 5, allocations: 6}, start_on_completion: false, skip_scripts: true, \
            oom_killer: false, delete_after: 30d, delete_without_asking: true
            """
        )
        #expect(read.egg == "5" && read.nest == "Minecraft" && read.placement.locations == ["eu", "2"])
        #expect(read.placement.ports == ["25565", "25570-25600"] && read.placement.dedicatedIP)
        #expect(read.dockerImage == "a/b:c" && read.startup == "java -jar {{SERVER_JARFILE}}")
        #expect(read.environment["VERSION"]?.pieces == [.place(.property("v"))])
        #expect(read.name.pieces == [.place(.tier), .text(" "), .place(.number)])
        #expect(read.limits == DedicatedLimits(memory: 1, swap: -1, disk: 2, io: 10, cpu: 3, threads: "0-1"))
        #expect(read.features == DedicatedFeatures(databases: 4, backups: 5, allocations: 6))
        #expect(!read.startsOnCompletion && read.skipsScripts && !read.oomKiller)
        #expect(read.deletion.after == .days(30) && !read.deletion.asks)
    }

    @Test(arguments: [
        ("limits: {memory: 1, disk: 1, cpu: 1}", "dedicated.egg: is missing; write the name or id of an egg"),
        ("egg: Paper", "dedicated.limits: is missing; write {memory: 4096"),
        ("egg: Paper, limits: {memory: 1, cpu: 1}", "dedicated.limits.disk: is missing; write MiB"),
        ("\(least), panel: other", "dedicated.panel: there is no panel 'other'; write one of main"),
        ("\(least), node: a, locations: [b]", "dedicated.node: stands beside locations"),
        ("\(least), port_range: [80]", "dedicated.port_range[1]: '80' is no range of ports"),
        ("\(least), port_range: [2000-4000]", "dedicated.port_range[1]: '2000-4000' is no range of ports"),
        ("\(least), dedicated_ip: maybe", "dedicated.dedicated_ip: 'maybe' is not allowed; write true or false"),
        ("\(least), docker_image: \"a b\"", "dedicated.docker_image: 'a b' is no image"),
        ("\(least), name: \"{produkt}\"", "dedicated.name: '{produkt}' cannot be filled in; write {product}"),
        ("\(least), name: \"{property.x}\"", "dedicated.name: '{property.x}' holds a checkout field"),
        ("\(least), environment: {V: \"{x\"}", "dedicated.environment.V: '{x' cannot be filled in"),
        ("\(least), environment: [a]", "dedicated.environment: is a section of keys"),
        ("\(least), delete_after: soon", "dedicated.delete_after: 'soon' is no duration"),
        ("\(least), eggs: x", "dedicated.eggs: there is no such key; did you mean egg?"),
        ("egg: null, limits: {memory: 1, disk: 1, cpu: 1}", "dedicated.egg: has no value; write one or remove the key"),
        ("egg: P, limits: {memory: -1, disk: 1, cpu: 1}", "dedicated.limits.memory: '-1' is not allowed"),
        (
            "egg: P, limits: {memory: 1, disk: 1, cpu: 1, io: 5}",
            "limits.io: '5' is not allowed; write a whole number from 10 to 1000"
        ),
        ("egg: P, limits: {memory: 1, disk: 1, cpu: 1, threads: all}", "limits.threads: 'all' names no cores"),
        ("\(least), feature_limits: {databases: many}", "feature_limits.databases: 'many' is not allowed"),
    ])
    func `what is wrong is named with its key and what is allowed`(_ keys: String, _ message: String) {
        let problems = Sample.problems(Self.with(keys))
        #expect(problems.contains { $0.contains("tiers.knight.") && $0.contains(message) }, "\(problems)")
    }
}
