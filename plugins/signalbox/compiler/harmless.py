"""The keys of a LiteLLM config that cannot send text anywhere by themselves, judged against LiteLLM 1.106.

The proof of `privacy.py` is an allow-list: what is not here, and has no check of its own there, cannot be proven.
"""

SERVERS = frozenset(
    {
        "hosted_vllm", "openai", "openai_like", "custom_openai", "text-completion-openai", "ollama", "ollama_chat",
        "lm_studio", "llamafile", "xinference", "infinity", "lemonade", "docker_model_runner", "triton",
    }
)  # fmt: skip
"""LiteLLM providers that call nothing but their `api_base`."""

CALLBACK = "signalbox.proxy.plugin.signalbox"
"""Our own hooks, as LiteLLM's config names them."""

CALLBACKS = frozenset({CALLBACK, "prometheus", "prometheus_system"})

MODEL_LIST_ENTRY = frozenset({"model_name", "litellm_params", "model_info"})

LITELLM_PARAMS = frozenset(
    {
        "model", "api_base", "base_url", "api_key", "custom_llm_provider", "timeout", "stream_timeout", "max_retries",
        "num_retries", "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "min_p", "seed", "stop",
        "presence_penalty", "frequency_penalty", "repetition_penalty", "n", "logprobs", "top_logprobs", "logit_bias",
        "response_format", "reasoning_effort", "stream", "stream_options", "keep_alive", "num_ctx", "num_predict",
        "dimensions", "encoding_format", "rpm", "tpm", "itpm", "otpm", "weight", "order", "max_parallel_requests",
        "input_cost_per_token", "output_cost_per_token", "input_cost_per_second", "output_cost_per_second",
        "max_budget", "budget_duration", "drop_params", "additional_drop_params", "allowed_openai_params", "tags",
        "extra_body", "extra_headers", "headers", "merge_reasoning_content_in_choices", "use_chat_completions_api",
        "supports_system_message", "cache_control_injection_points", "ssl_verify",
    }
)  # fmt: skip

MODEL_INFO_ESCAPES = frozenset({"health_check_model", "health_check_params", "template", "internal_router_model"})
"""`model_info` is free text for its owner; only these of its keys say what is called."""

LITELLM_SETTINGS = frozenset(
    {
        "drop_params", "modify_params", "request_timeout", "num_retries", "allowed_fails", "cache", "json_logs",
        "set_verbose", "suppress_debug_info", "turn_off_message_logging", "redact_messages_in_exceptions",
        "redact_user_api_key_info", "ssl_verify", "force_ipv4", "enable_json_schema_validation", "max_budget",
        "budget_duration", "max_internal_user_budget", "default_max_internal_user_budget", "max_user_budget",
        "internal_user_budget_duration", "max_ui_session_budget", "max_end_user_budget", "key_generation_settings",
        "upperbound_key_generate_params",
        "enable_post_custom_auth_checks", "require_auth_for_metrics_endpoint", "custom_prometheus_metadata_labels",
        "custom_prometheus_tags", "prometheus_metrics_config", "prometheus_initialize_budget_metrics",
        "disable_end_user_cost_tracking", "disable_end_user_cost_tracking_prometheus_only",
        "add_function_to_prompt", "disable_add_prefix_to_prompt", "disable_hf_tokenizer_download", "cost_margin_config",
        "cost_discount_config", "priority_reservation", "disable_copilot_system_to_assistant", "return_response_headers",
        "include_cost_in_streaming_usage", "key_alias_pattern", "budget_reset_time",
        "disable_token_counter", "disable_stop_sequence_limit",
    }
)  # fmt: skip

ROUTER_SETTINGS = frozenset(
    {
        "routing_strategy", "routing_strategy_args", "num_retries", "max_fallbacks", "timeout", "stream_timeout",
        "retry_after", "retry_policy", "model_group_retry_policy", "allowed_fails", "allowed_fails_policy",
        "cooldown_time", "disable_cooldowns", "enable_pre_call_checks", "optional_pre_call_checks",
        "enable_tag_filtering", "tag_filtering_match_any", "tag_routing_prefix", "set_verbose", "debug_level",
        "default_priority", "polling_interval", "default_max_parallel_requests", "client_ttl", "cache_responses",
        "caching_groups", "redis_port", "redis_password", "redis_db", "deployment_affinity_ttl_seconds",
        "ignore_invalid_deployments", "enable_health_check_routing", "health_check_staleness_threshold",
        "health_check_ignore_transient_errors", "enable_weighted_failover",
    }
)  # fmt: skip

GENERAL_SETTINGS = frozenset(
    {
        "master_key", "enforce_fallback_model_access", "always_include_stream_usage", "background_health_checks",
        "health_check_interval", "health_check_concurrency", "health_check_details", "enable_health_check_routing",
        "health_check_ignore_transient_errors", "health_check_staleness_threshold", "use_shared_health_check",
        "disable_spend_logs", "disable_spend_updates", "disable_error_logs", "disable_master_key_return",
        "disable_reset_budget", "disable_budget_reservation", "disable_prisma_schema_update", "enforce_user_param",
        "enforced_params", "user_header_name", "user_header_mappings", "litellm_key_header_name", "public_routes",
        "admin_only_routes", "allowed_routes", "allowed_ips", "use_x_forwarded_for", "ui_access_mode",
        "max_parallel_requests", "global_max_parallel_requests", "max_request_size_mb", "max_response_size_mb",
        "max_file_size_mb", "max_batch_file_size_mb", "allowed_file_extensions", "blocked_file_extensions",
        "proxy_batch_write_at", "database_connection_pool_limit", "database_connection_timeout",
        "database_connect_timeout", "database_connection_pool_timeout", "database_socket_timeout",
        "allow_requests_on_db_unavailable", "maximum_spend_logs_retention_period",
        "maximum_spend_logs_retention_interval", "maximum_spend_logs_cleanup_cron", "store_prompts_in_spend_logs",
        "spend_logs_metadata_fields", "custom_auth_run_common_checks", "expose_fallback_errors_to_caller",
        "fail_closed_budget_enforcement", "token_rate_limit_type", "cancel_on_disconnect",
        "user_api_key_cache_ttl", "user_api_key_cache_max_size", "use_redis_transaction_buffer",
        "reject_clientside_metadata_tags", "proxy_budget_rescheduler_min_time", "proxy_budget_rescheduler_max_time",
    }
)  # fmt: skip

CACHE_PARAMS = frozenset(
    {
        "type", "supported_call_types", "ttl", "default_in_memory_ttl", "default_in_redis_ttl", "namespace", "mode",
        "max_connections", "port", "password", "username", "ssl", "db", "disk_cache_dir", "redis_flush_size",
        "max_size_in_memory",
    }
)  # fmt: skip
"""Of the exact-match caches; a semantic cache sends each prompt to an embedding model."""

CACHE_TYPES = frozenset({"local", "disk", "redis"})

ENVIRONMENT = frozenset(
    {"LITELLM_LOG", "LITELLM_MODE", "LITELLM_MASTER_KEY", "LITELLM_SALT_KEY", "REDIS_PASSWORD", "REDIS_PORT", "TZ"}
)

REMEDIES = {
    "guardrails": "it may send the text to a service; remove it, or judge texts with a local model",
    "pass_through_endpoints": "it forwards requests past every rule; remove it",
    "mcp_servers": "tools may carry text out; remove it",
    "mcp_tools": "tools may carry text out; remove it",
    "search_tools": "a search sends its query out; remove it",
    "vector_store_registry": "a vector store receives texts; remove it",
    "alerting": "alerts carry request texts; remove it",
    "alert_to_webhook_url": "alerts carry request texts; remove it",
    "default_vertex_config": "it opens a cloud provider to clients; remove it",
    "files_settings": "files go to a provider; remove it",
    "finetune_settings": "files go to a provider; remove it",
    "assistant_settings": "it opens a cloud provider to clients; remove it",
    "credential_list": "credentials of providers have no use here; remove it",
    "include": "other files are not seen by this proof; write their content here",
    "allow_client_side_credentials": "clients could name an address of their own; remove it",
    "configurable_clientside_auth_params": "clients could name an address of their own; remove it",
    "infer_model_from_keys": "it adds models of every provider whose key is set; remove it",
    "custom_auth": "its code is not seen by this proof; remove it",
    "health_check_model": "health checks would call this model instead; remove it",
    "litellm_credential_name": "the credential may hold another address; remove it",
    "mock_response": "it answers without a model; remove it",
    "default_team_settings": "teams may have callbacks of their own; remove it",
    "pre_call_rules": "its code is not seen by this proof; remove it",
    "post_call_rules": "its code is not seen by this proof; remove it",
    "custom_provider_map": "its code is not seen by this proof; remove it",
}
"""What to change, for the keys that people do write."""
