using Cairn.Snapshotter.Store;
using Cairn.Solver.Ops;
using Microsoft.Extensions.DependencyInjection;

namespace Cairn.Solver.Execution;

/// <summary>Puts the executor and the ops that run on it into the solver's services.</summary>
internal static class ExecutionRegistration
{
    /// <summary>Adds the <see cref="IExecutor"/> and the kinds of exec and file ops.</summary>
    public static IServiceCollection AddExecution(this IServiceCollection services) => services
        .AddSingleton<IExecutor>(provider => Executor(provider.GetRequiredService<StoreRoot>(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(_ => LogLimits.FromEnvironment())
        .AddSingleton<IOpKind>(provider => new ExecOpKind(
            provider.GetRequiredService<LogLimits>(), provider.GetRequiredService<SolverOptions>().History is { MaxBuilds: > 0, MaxKeptSteps: > 0 }))
        .AddSingleton<IOpKind, FileOpKind>();

    /// <summary>Ends the containers of an instance whose process is gone, before its directories are reclaimed.</summary>
    public static void EndContainers(DeadInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        DeadContainers.Kill(instance.Id, instance.RunDirectory);
    }

    private static ContainerExecutor Executor(StoreRoot store, TimeProvider clock) => new ContainerExecutor(new ContainerExecutorOptions
    {
        RunDirectory = store.Instance.RunDirectory,
        InstanceId = store.Instance.Id,
        ProbeDirectory = store.Options.RunRoot,
        Runtime = Environment.GetEnvironmentVariable("CAIRN_RUNTIME"),
        Clock = clock,
    });
}
