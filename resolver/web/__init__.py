"""HTTP itself: responses, problem documents, pagination, content negotiation, uploads, signed answers, middleware."""
