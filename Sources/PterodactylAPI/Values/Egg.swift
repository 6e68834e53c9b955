/// What a server can run, such as Paper, with its images, its start-up command and its variables.
public struct Egg: Hashable, Sendable, Identifiable {
    public var id: ID
    public var uuid: PanelUUID
    public var name: String
    public var nest: Nest.ID
    /// The image that a server gets unless another is asked for.
    public var dockerImage: String
    /// The images to choose from, by the names that people see.
    public var dockerImages: [String: String]
    public var startup: String
    /// Nil if they were not asked for.
    public var variables: [EggVariable]?
}

/// One variable of an egg.
public struct EggVariable: Hashable, Sendable, Decodable {
    public var name: String
    public var environmentName: String
    public var defaultValue: String
    /// Laravel's rules for its values, such as `required|string|max:20`.
    public var rules: String

    private enum Key: String, CodingKey {
        case name, rules
        case environmentName = "env_variable"
        case defaultValue = "default_value"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        name = try values.decode(String.self, forKey: .name)
        environmentName = try values.decode(String.self, forKey: .environmentName)
        defaultValue = try values.decodeIfPresent(Scalar.self, forKey: .defaultValue)?.text ?? ""
        rules = try values.decodeIfPresent(String.self, forKey: .rules) ?? ""
    }
}

extension Egg: Decodable {
    private enum Key: String, CodingKey {
        case id, uuid, name, nest, startup, relationships
        case dockerImage = "docker_image"
        case dockerImages = "docker_images"
    }

    private enum Related: String, CodingKey {
        case variables
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        id = try values.decode(ID.self, forKey: .id)
        uuid = try values.decode(PanelUUID.self, forKey: .uuid)
        name = try values.decode(String.self, forKey: .name)
        nest = try values.decode(Nest.ID.self, forKey: .nest)
        startup = try values.decodeIfPresent(String.self, forKey: .startup) ?? ""
        dockerImages = try values.decodeIfPresent(TextTable.self, forKey: .dockerImages)?.texts ?? [:]
        let named = try values.decodeIfPresent(String.self, forKey: .dockerImage)
        dockerImage = named ?? dockerImages.values.min() ?? ""
        variables = try values.related(keyedBy: Related.self, in: .relationships)?
            .list(of: EggVariable.self, at: .variables)
    }
}
