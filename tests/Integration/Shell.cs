namespace Cairn.Integration.Tests;

/// <summary>The start of the Dockerfiles that the tests build.</summary>
internal static class Shell
{
    /// <summary>A stage "tools" with a shell and the usual commands, from the context's busybox.</summary>
    public const string Stage =
        """
        FROM scratch AS tools
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]

        """;
}
