namespace Cairn.Solver.Registry;

/// <summary>What a token must allow: actions on one repository, and pulling from another when a blob is mounted from there.</summary>
internal readonly record struct RegistryScope(string Repository, bool Push, string? MountFrom)
{
    /// <summary>The scopes in the text form of the token protocol, sorted by resource.</summary>
    /// <remarks>Source: distribution, "Token scope documentation".</remarks>
    public IReadOnlyList<string> Texts
    {
        get
        {
            var texts = new List<string> { "repository:" + Repository + (Push ? ":pull,push" : ":pull") };
            if (MountFrom is not null && MountFrom != Repository)
            {
                texts.Add("repository:" + MountFrom + ":pull");
                texts.Sort(StringComparer.Ordinal);
            }

            return texts;
        }
    }

    /// <summary>Key of the token cache.</summary>
    public override string ToString() => string.Join(' ', Texts);
}
