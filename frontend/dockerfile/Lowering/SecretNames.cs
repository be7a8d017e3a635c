namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>Tells from its name whether a variable is likely to hold a secret.</summary>
internal static class SecretNames
{
    private static readonly string[] Secret =
        ["apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token"];

    private static readonly string[] Harmless = ["public", "file", "version"];

    public static bool IsSecret(string name)
    {
        string[] parts = name.ToLowerInvariant().Split('_', '-', '.');
        return parts.Any(Secret.Contains) && !parts.Any(Harmless.Contains);
    }
}
