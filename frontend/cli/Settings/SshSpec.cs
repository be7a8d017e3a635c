namespace Cairn.Cli.Settings;

/// <summary>One --ssh: an id, and sockets or keys; without any the agent of SSH_AUTH_SOCK is meant.</summary>
internal sealed record SshSpec(string Id, IReadOnlyList<string> Paths)
{
    /// <summary>Reads "default" or "ID[=SOCKET|KEY[,KEY…]]".</summary>
    /// <exception cref="UsageException">The id is empty.</exception>
    public static SshSpec Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string id = equals < 0 ? text : text[..equals];
        if (id.Length == 0)
        {
            throw new UsageException($"--ssh: the id is missing in '{text}'");
        }

        return new SshSpec(id, equals < 0 ? [] : text[(equals + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries));
    }
}
